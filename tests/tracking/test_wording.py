"""The one file with wording fits the situations and the facts there are."""

from __future__ import annotations

import csv
import re
import tomllib
from dataclasses import fields, replace
from datetime import UTC, datetime
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shipsync
from shipsync.sync.parcel_state import ParcelState, state_of
from shipsync.tracking import Order, Parcel, ScanEvent, Shipment, Situation, situation_of, told
from shipsync.tracking.facts import FACTS, facts_of
from shipsync.tracking.plain_text import plain_text
from shipsync.tracking.situations import BY_DETAIL, BY_LETTERS
from shipsync.tracking.wording import SHIPPED, load_wording, named
from tracking.cases import ASKED, NOW

WORDING: dict[str, Any] = {
    language: tomllib.loads(
        resources.files("shipsync.tracking")
        .joinpath("languages", f"{language}.toml")
        .read_text(encoding="utf-8")
    )
    for language in SHIPPED
}
PROMISING = re.compile(
    r"\b([Ww]e (will|can|shall|are going)|[Ww]e'll|refund|replacement|[Ww]ir|erstatten|Ersatz)\b"
)
NOTHING = Parcel(
    **dict.fromkeys([field.name for field in fields(Parcel)]),  # type: ignore[arg-type]
)
SHIPMENT = Shipment("se-1", "10452", "label_purchased", ASKED, known_at=ASKED)

STATES = {
    ParcelState.PRE_TRANSIT: {"announced", "accepted"},
    ParcelState.IN_TRANSIT: {"accepted", "in_transit", "arranged", "customs", "delivered_in_part"},
    ParcelState.OUT_FOR_DELIVERY: {"out_for_delivery"},
    ParcelState.AVAILABLE_FOR_PICKUP: {"pickup"},
    ParcelState.DELIVERED: {*(s for s in Situation if s.startswith("delivered")), "collected"},
    ParcelState.RETURN_TO_SENDER: {
        *(
            "returning",
            "returned",
            "refused",
            "not_collected",
            "not_delivered",
            "address",
            "damaged",
        ),
    },
    ParcelState.CANCELLED: {"carrier_cancelled"},
    ParcelState.EXCEPTION: {
        *("delayed", "misrouted", "customs", "customs_papers", "held", "address", "attempted"),
        *("identification", "payment", "refused", "not_collected", "not_delivered", "damaged"),
        *("lost", "disposed", "exception", "arranged", "announced"),
    },
}
"""Which situations a state of the models may be told as."""

NOTES = {"PARCEL_REPACKED"}
"""Codes with a state of which a buyer is told what the letters say."""


def parcel(**known: Any) -> Parcel:
    """A parcel of which only this is known."""
    ours = {
        "shipment_id": "se-1",
        "parcel_id": "se-9",
        "label_id": "se-9",
        "boxes": (),
        "events": (),
    }
    flags = {"is_voided": False, "is_return": False, "is_trackable": True}
    times = {"created_at": ASKED, "known_at": ASKED}
    return replace(NOTHING, **{**ours, **flags, **times, **known})


def sentences(*, but: tuple[str, ...] = ()) -> list[str]:
    """Every sentence of every situation in every language, but for those of some lists."""
    found: list[str] = []
    for words in WORDING.values():
        for section in (*words["situations"].values(), {"follow": words["follow"]["sentences"]}):
            lists = (v for name, v in section.items() if isinstance(v, list) and name not in but)
            for choice in chain.from_iterable(lists):
                found += [choice] if isinstance(choice, str) else choice
    return found


def facts_named(words: Any) -> Any:
    """``words`` with the facts of each sentence in its place."""
    if isinstance(words, dict):
        return {name: facts_named(inner) for name, inner in words.items()}
    if isinstance(words, list):
        return [facts_named(inner) for inner in words]
    return sorted(named(words)) if isinstance(words, str) else words


@pytest.mark.parametrize("language", SHIPPED)
def test_every_situation_has_words_and_no_words_are_left_over(language: str) -> None:
    assert set(WORDING[language]["situations"]) == set(Situation)
    assert all(section["where"] for section in WORDING[language]["situations"].values())


@pytest.mark.parametrize("situation", Situation)
def test_every_situation_has_every_sentence_in_every_language(situation: Situation) -> None:
    one, *others = (facts_named(words["situations"][situation]) for words in WORDING.values())

    assert others == [one]


def test_languages_have_the_same_phrases_and_name_the_same_carriers() -> None:
    one, *others = (
        {name: facts_named(part) for name, part in words.items() if name != "situations"}
        for words in WORDING.values()
    )

    assert others == [one]
    assert WORDING["de"]["carriers"] == WORDING["en"]["carriers"]


@pytest.mark.parametrize("sentence", sentences())
def test_a_sentence_names_only_facts_there_are_and_ends(sentence: str) -> None:
    assert named(sentence) <= FACTS
    assert sentence.endswith(".")
    assert sentence[0] == "{" or sentence[0].isupper()


def test_nothing_but_a_promise_says_what_the_shop_will_do() -> None:
    assert [text for text in sentences(but=("promise",)) if PROMISING.search(text)] == []
    assert len([text for text in sentences() if PROMISING.search(text)]) > 40


@pytest.mark.parametrize("language", SHIPPED)
@pytest.mark.parametrize("situation", Situation)
def test_a_situation_of_which_nothing_is_known_is_told_without_inventing_anything(
    situation: Situation, language: str
) -> None:
    code = next((code for code, meant in BY_DETAIL.items() if meant is situation), None)
    order = Order("10452", (replace(SHIPMENT, parcels=(parcel(status_detail_code=code),)),))
    answer = told(order, NOW, load_wording(language, promises=True))

    assert "None" not in answer
    assert not set("{}[]") & set(answer)
    assert "tracking number is" not in answer


@given(
    status=st.none() | st.sampled_from([*BY_LETTERS, "UN", "ZZ"]),
    detail=st.none() | st.sampled_from([*BY_DETAIL, "NEVER_HEARD_OF"]),
    words=st.none() | st.text(max_size=20),
    carrier=st.none() | st.sampled_from(["ups", "usps", "dhl_global_mail", ""]),
    moment=st.none() | st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001
    event=st.none()
    | st.builds(ScanEvent, *(st.none() for _ in range(7)), signer=st.none() | st.text()),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_whatever_a_carrier_says_there_is_an_answer(
    status: str | None,
    detail: str | None,
    words: str | None,
    carrier: str | None,
    moment: datetime | None,
    event: ScanEvent | None,
) -> None:
    known = parcel(
        status_code=status,
        status_detail_code=detail,
        carrier_status_description=words,
        carrier=carrier,
        estimated_delivery_date=moment,
        actual_delivery_date=moment and moment.replace(tzinfo=UTC),
        events=(event,) if event else (),
    )
    answer = told(Order("10452", (replace(SHIPMENT, parcels=(known,)),)), NOW)

    assert "10452" in answer
    assert "None" not in answer.replace(plain_text(words) or "", "")
    assert answer == answer.strip()
    assert "\n" not in answer


def test_every_fact_that_is_documented_is_one_and_the_other_way_round() -> None:
    file = resources.files("shipsync.tracking").joinpath("languages", "en.toml")
    comment = file.read_text(encoding="utf-8").split("[order]")[0]
    documented = {name for line in comment.splitlines() for name in named(line)}

    assert documented == FACTS | {"known", "name"}


def test_a_buyer_is_told_a_name_for_every_carrier_code() -> None:
    def carrier(code: str | None) -> str:
        facts = facts_of(
            *(SHIPMENT, parcel(carrier=code), NOW),
            it="It",
            words=WORDING["en"],
        )
        return facts["carrier"]

    assert carrier("stamps_com") == "USPS"
    assert carrier("canada_post") == "Canada Post"
    assert carrier("Local Courier") == "Local Courier"
    assert carrier(None) == "the carrier"


def known_codes() -> list[tuple[str, str]]:
    """The standard codes of the models' seed and the state each stands for."""
    seed = Path(shipsync.__file__).parents[2] / "sql" / "seeds" / "tracking_codes.csv"
    with seed.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row["code"], row["state"]) for row in rows if row["kind"] == "detail"]


@pytest.mark.parametrize(("code", "state"), known_codes())
def test_words_and_models_agree_on_every_known_code(code: str, state: str) -> None:
    told_as = BY_DETAIL.get(code)

    if state and code not in NOTES:
        assert told_as in STATES[ParcelState(state)]
    else:
        assert told_as is None


@pytest.mark.parametrize("letters", BY_LETTERS)
def test_words_and_models_agree_on_the_letters(letters: str) -> None:
    told_as = situation_of(SHIPMENT, parcel(status_code=letters), NOW)

    assert told_as in STATES[state_of(letters)]
