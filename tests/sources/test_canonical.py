"""Equal content gives an equal hash, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipsync.sources.canonical import content_hash

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def _reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reordered(value[key]) for key in reversed(list(value))}
    return [_reordered(inner) for inner in value] if isinstance(value, list) else value


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=6))
def test_the_order_of_keys_is_no_content(value: dict[str, Any]) -> None:
    assert content_hash(_reordered(value)) == content_hash(value)


@given(st.dictionaries(st.text(min_size=1, max_size=6), JSON, min_size=1, max_size=4), JSON)
def test_another_value_is_other_content(value: dict[str, Any], other: Any) -> None:
    key = next(iter(value))
    changed = {**value, key: other}
    # 1 and True are equal in Python and different in JSON.
    same = repr(value[key]) == repr(other)
    download = key.endswith("_download")
    assert download or (content_hash(changed) == content_hash(value)) == same


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-08-12T19:46:28.8Z", "2026-08-12T19:46:28.800Z"),
        ("2026-08-12T19:46:28Z", "2026-08-12T19:46:28.000Z"),
        ("2026-08-12T19:46:28.44Z", "2026-08-12T19:46:28.4400000Z"),
    ],
)
def test_zeros_at_the_end_of_a_fraction_are_no_content(first: str, second: str) -> None:
    nested = [{"packages": [{"at": text}], "modified_at": text} for text in (first, second)]
    assert content_hash(nested[0]) == content_hash(nested[1])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-08-12T19:46:28.8Z", "2026-08-12T19:46:28.08Z"),
        ("2026-08-12T19:46:28Z", "2026-08-12T19:46:29Z"),
        ("1.50Z", "1.5Z"),
        ("v.0", "v"),
    ],
)
def test_other_times_and_texts_that_only_look_like_times_are_content(
    first: str, second: str
) -> None:
    assert content_hash({"a": first}) != content_hash({"a": second})


def test_signed_addresses_are_no_content_but_what_can_be_downloaded_is() -> None:
    def label(**download: str | None) -> dict[str, Any]:
        return {"label_id": "se-1", "packages": [{"label_download": download}]}

    first = content_hash(label(pdf="https://x/a?sig=1", png=None))
    assert content_hash(label(png=None, pdf="https://x/a?sig=2")) == first
    assert content_hash(label(pdf="https://x/a?sig=1", png="https://x/b")) != first
