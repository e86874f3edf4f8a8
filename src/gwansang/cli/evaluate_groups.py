"""Stability of readings within each sex and origin, if the people of evaluation photos report them."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from gwansang.cli.people_info import PersonInfo
from gwansang.reading.stability import PhotoSample, Stability, measure_stability

GroupStability = Mapping[str, Mapping[str, Stability]]  # "sex" or "origin", then the group
_KINDS = ("sex", "origin")


def measure_groups(people: Mapping[str, Sequence[PhotoSample]], info: Mapping[str, PersonInfo]) -> GroupStability:
    """Return the statistics of each group with two or more people with two photos, by kind and name of the group."""
    groups: dict[str, dict[str, list[Sequence[PhotoSample]]]] = {}
    for person, photos in people.items():
        for kind in _KINDS if person in info and len(photos) >= 2 else ():
            name = getattr(info[person], kind)
            if name:
                groups.setdefault(kind, {}).setdefault(name, []).append(photos)
    return {
        kind: {name: measure_stability(members) for name, members in sorted(of_kind.items()) if len(members) >= 2}
        for kind, of_kind in groups.items()
    }


def groups_table(groups: GroupStability) -> Table:
    """Return one row for each group: kappa, and the frequency of the most frequent shape of a part."""
    heads = ("group", "people", "kappa", "largest class, mean of parts", "largest of all")
    table = Table(*heads, title="Within groups", title_justify="left", box=None)
    for of_kind in groups.values():
        for name, one in of_kind.items():
            part, shape = _largest(one)
            share = f"{part} {shape} {one.largest_share:.0%}"
            table.add_row(name, str(one.people), f"{one.mean_kappa:.3f}", f"{one.mean_largest_share:.2f}", share)
    return table


def group_figures(groups: GroupStability) -> Mapping[str, object]:
    """Return the figures of all groups for JSON."""
    return {kind: {name: _figures(one) for name, one in of_kind.items()} for kind, of_kind in groups.items()}


def _figures(stability: Stability) -> Mapping[str, object]:
    part, shape = _largest(stability)
    return {
        "people": stability.people,
        "kappa": stability.mean_kappa,
        "largest_share": stability.largest_share,
        "largest_class": f"{part}.{shape}",
        "mean_largest_share": stability.mean_largest_share,
    }


def _largest(stability: Stability) -> tuple[str, str]:
    """Return the part and the shape with the largest share."""
    shares = {(part, shape): share for part, row in stability.parts.items() for shape, share in row.shares.items()}
    return max(shares, key=shares.__getitem__)
