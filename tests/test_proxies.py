"""The example configurations of proxies are accepted by the proxies."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.photos import REPOSITORY

PROXIES = REPOSITORY / "docs" / "proxies"
SEARCHED = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"


def installed(program: str) -> str:
    found = shutil.which(program) or shutil.which(program, path=SEARCHED)
    if found is None:
        pytest.skip(f"{program} is not installed here")
    return found


def write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "face.example.org")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain, format_ = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, format_, plain))


def test_nginx_takes_its_example(tmp_path: Path) -> None:
    program = installed("nginx")
    write_certificate(tmp_path)
    text = (PROXIES / "nginx.conf").read_text().replace("/etc/ssl/face.example.org", str(tmp_path))
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/nginx.pid;\n{text}")
    command = [program, "-t", "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")]
    checked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr


def test_caddy_takes_its_example() -> None:
    command = [installed("caddy"), "validate", "--adapter", "caddyfile", "--config", str(PROXIES / "Caddyfile")]
    checked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
