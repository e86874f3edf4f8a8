"""Archives and folders of pictures: layouts, people, and what is rejected."""

import io
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from gwansang.services.lookalike.celebrities import PersonNames, Provenance
from gwansang.services.lookalike.gallery_archive import (
    MAX_ENTRIES,
    FolderPictures,
    GalleryEntry,
    InvalidArchiveError,
    list_entries,
    open_archive,
    parse_names,
)


def zip_of(files: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def entries_of(content: bytes) -> list[GalleryEntry]:
    with open_archive(io.BytesIO(content)) as pictures:
        return list_entries(pictures)


def rejection_reason(content: bytes) -> object:
    with pytest.raises(InvalidArchiveError) as caught:
        entries_of(content)
    return caught.value.context["reason"]


def with_entry(name: str, *, mode: int = stat.S_IFREG | 0o644, flags: int = 0) -> bytes:
    """Return an archive with one entry that no tool would write."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        info = zipfile.ZipInfo("x" * len(name))
        info.external_attr = mode << 16
        archive.writestr(info, b"target")
    data = bytearray(content.getvalue().replace(b"x" * len(name), name.encode()))
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<H", data, at + 8, struct.unpack_from("<H", data, at + 8)[0] | flags)
    return bytes(data)


def test_a_folder_is_a_person_and_its_name_may_contain_both_names() -> None:
    found = entries_of(zip_of({"all/홍길동_Hong Gildong/1.jpg": "a", "all/IU/2.png": "b", "__MACOSX/x/._1.jpg": "c"}))
    assert {entry.file: entry.names for entry in found} == {
        "all/홍길동_Hong Gildong/1.jpg": PersonNames("홍길동", "Hong Gildong"),
        "all/IU/2.png": PersonNames("IU", "IU"),
    }
    assert parse_names("Hong Gildong_홍길동") == PersonNames("홍길동", "Hong Gildong")
    assert parse_names("two_words") == PersonNames("two_words", "two_words")


def test_a_csv_lists_files_people_and_provenance() -> None:
    table = "\ufefffile,name_ko,name_en,category,licence,source\n"
    table += "a.jpg,홍길동,Hong,actor,CC0,here\nsub/b.jpg,,Only English,,,\n"
    found = entries_of(zip_of({"list.csv": table, "a.jpg": "a", "sub/b.jpg": "b", "not-listed.jpg": "c"}))
    assert found == [
        GalleryEntry("a.jpg", PersonNames("홍길동", "Hong"), "actor", "", Provenance("here", "CC0", "")),
        GalleryEntry("sub/b.jpg", PersonNames("Only English", "Only English")),
    ]
    for lines in ("missing.jpg,누구,Who\n", "../a.jpg,누구,Who\n", "a.jpg,,\n"):
        assert rejection_reason(zip_of({"list.csv": "file,name_ko,name_en\n" + lines, "a.jpg": "a"})) == "table"
    assert rejection_reason(zip_of({"list.csv": b"\xff\xfe\x00", "a.jpg": "a"})) == "table"
    assert rejection_reason(zip_of({"one.csv": "file\n", "two.csv": "file\n"})) == "several_tables"


@pytest.mark.parametrize(
    "name", ["../a.jpg", "/etc/passwd", "a/../../b.jpg", "..\\a.jpg", "C:/a.jpg", "a/b\x01.jpg", "c:a/b.jpg"]
)
def test_paths_that_lead_out_of_the_archive_are_rejected(name: str) -> None:
    assert rejection_reason(with_entry(name)) == "path"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_are_rejected(kind: int) -> None:
    assert rejection_reason(with_entry("person/a.jpg", mode=kind | 0o777)) == "link"


def test_encrypted_archives_and_unusual_compression_are_rejected() -> None:
    assert rejection_reason(with_entry("person/a.jpg", flags=1)) == "encrypted"
    assert rejection_reason(zip_of({"person/a.jpg": "a"}, zipfile.ZIP_LZMA)) == "method"
    assert rejection_reason(zip_of({"person/a.jpg": "a"}, zipfile.ZIP_BZIP2)) == "method"


def test_nested_archives_are_rejected() -> None:
    for name in ("person/more.zip", "person/more.TAR.GZ", "more.7z"):
        assert rejection_reason(zip_of({name: "a"})) == "nested"


def fail(*_: object, **__: object) -> None:
    raise AssertionError("this must not be called")


def test_a_zip_bomb_is_rejected_before_anything_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    content = zip_of({"person/a.jpg": bytes(50_000_000)})
    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "open", fail)
        assert rejection_reason(content) == "bomb"
    overlapping = bytearray(zip_of({"p/a.jpg": bytes(range(256)) * 40, "p/b.jpg": bytes(range(256)) * 40}, 0))
    first = overlapping.index(b"PK\x01\x02")
    second = overlapping.index(b"PK\x01\x02", first + 4)
    struct.pack_into("<I", overlapping, second + 42, 0)  # both entries begin at the first one's data
    struct.pack_into("<I", overlapping, second + 20, 20_480)
    assert rejection_reason(bytes(overlapping)) in ("overlap", "not_a_zip")


def test_too_many_entries_are_rejected_without_reading_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    content = zip_of({f"p/{number}.jpg": b"" for number in range(MAX_ENTRIES + 1)}, zipfile.ZIP_STORED)
    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "__init__", fail)
        assert rejection_reason(content) == "too_many_entries"
    lying = bytearray(content)
    end = lying.rindex(b"PK\x05\x06")
    struct.pack_into("<HH", lying, end + 8, 5, 5)  # a false count
    assert rejection_reason(bytes(lying)) == "too_many_entries"


def test_invalid_and_empty_archives_are_rejected() -> None:
    good = zip_of({"p/a.jpg": "a" * 500})
    for content in (b"", b"PK", b"no archive at all" * 100, good[:-30], good[40:-10]):
        assert rejection_reason(content) == "not_a_zip"
    assert rejection_reason(zip_of({})) == "empty"
    assert rejection_reason(zip_of({"p/.hidden.jpg": "a"})) == "empty"
    assert rejection_reason(zip_of({"lonely.jpg": "a"})) == "no_person"
    assert rejection_reason(zip_of({"p/a.jpg": "a", "P/A.jpg": "b"})) == "same_name"


def test_a_damaged_entry_is_reported_when_it_is_read() -> None:
    content = bytearray(zip_of({"p/a.jpg": bytes(range(256)) * 8}, zipfile.ZIP_STORED))
    content[200] ^= 0xFF
    with open_archive(io.BytesIO(bytes(content))) as pictures, pytest.raises(InvalidArchiveError) as caught:
        pictures.read("p/a.jpg", 10_000)
    assert caught.value.context["reason"] == "damaged"


def test_reading_a_file_stops_one_byte_after_the_limit() -> None:
    with open_archive(io.BytesIO(zip_of({"p/a.jpg": bytes(1000)}))) as pictures:
        assert len(pictures.read("p/a.jpg", 10)) == 11


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "people" / "IU").mkdir(parents=True)
    (tmp_path / "people" / "IU" / "1.jpg").write_bytes(b"a")
    (tmp_path / "people" / "IU" / "2.jpg").symlink_to(tmp_path / "secret.jpg")
    (tmp_path / "people" / "away").symlink_to(tmp_path)
    pictures = FolderPictures(tmp_path / "people")
    assert [entry.file for entry in list_entries(pictures)] == ["IU/1.jpg"]
    assert pictures.read("IU/1.jpg", 10) == b"a"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("file,name\n" + "a.jpg,\n" * 500_000, "nobody"),
        ("file,name\n" + "a.jpg,b\n" * 1_000_000, "more than 20000 lines"),
        ("file,name\n" + "\n" * 8_000_000, "more than 20000 lines"),
        ("file,name\n" + "," * 8_000_000, "too long"),
        ("file,name\n" + '"\n",' * 1_500_000, "too long"),
        ("file,name\na.jpg,a\0b\n", "NUL"),
    ],
    ids=["lines without a name", "lines", "blank lines", "one line of fields", "one row of many lines", "NUL"],
)
def test_a_csv_is_checked_while_it_is_read(table: str, said: str) -> None:
    archive = zip_of({"list.csv": table, "a.jpg": "a"}, zipfile.ZIP_STORED)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidArchiveError, match=said) as refused:
            entries_of(archive)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()
    assert refused.value.context["reason"] == "table"
