"""Stock rows that cannot be planned, each with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reverse.stock_shop import ATTIC, BACK, MAIN, NOW, Shop
from shipsync.reverse.outbox.states import Source, WriteState
from shipsync.reverse.outbox.store import LedgerEvent, Outbox
from shipsync.reverse.plan.problems import Problem
from shipsync.reverse.stock.change import KIND, Change, StockAction

Row = Mapping[str, object]
A1 = {"sku": "A-1", "location": "Main"}
COUNT = {**A1, "quantity": 12}
MOVE = {**A1, "quantity": 3, "action": "modify", "new_inventory_location_id": BACK}


def nothing(shop: Shop) -> None:
    """The shop as it opens."""


def claimed(shop: Shop) -> None:
    """Orders have claimed four of the ten."""
    shop.account.stock.move("A-1", MAIN, allocated=4)
    shop.observe()


def two_attics(shop: Shop) -> None:
    with shop.connect() as con:
        con.execute("update raw.inventory_locations set name = 'Attic'")


def no_number(shop: Shop) -> None:
    """The level of A-1 came as 2.5, which no column of whole numbers takes."""
    with shop.connect() as con:
        con.execute("update raw.inventory_levels set on_hand = null where sku = 'A-1'")


def past(state: WriteState, key: str, action: StockAction) -> Callable[[Shop], None]:
    def prepare(shop: Shop) -> None:
        request, places = action.request(), tuple(str(place) for place in action.places)
        planned = LedgerEvent(
            key,
            WriteState.PLANNED,
            Source.PLAN,
            NOW,
            "sha256:1",
            0,
            "an earlier row",
            places,
            request,
        )
        sending = LedgerEvent(key, WriteState.SENDING, Source.PLAN, NOW, "sha256:1", 1)
        last = LedgerEvent(key, state, Source.ANSWER, NOW, "sha256:1", 1)
        with shop.connect() as con:
            Outbox(con, "shop", KIND).append([planned, sending, last])

    return prepare


INCREMENT = StockAction(Change.INCREMENT, "A-1", MAIN, 5)


@dataclass(frozen=True)
class Case:
    problem: Problem
    row: Row
    sentence: str
    prepare: Callable[[Shop], None] = nothing
    others: tuple[Row, ...] = ()


CASES = [
    Case(
        Problem.MISSING,
        {"location": "Main", "quantity": 1},
        "The sku is empty. Name the product.",
    ),
    Case(
        Problem.MISSING,
        {"sku": "A-1", "quantity": 1},
        "The location is empty. Give its id or its name.",
    ),
    Case(Problem.MISSING, A1, "The quantity is empty. Give a whole number."),
    Case(
        Problem.UNKNOWN_CHOICE,
        {**COUNT, "action": "add"},
        "The action is 'add'; it can be adjust, increment, decrement, modify.",
    ),
    Case(
        Problem.NOT_A_NUMBER,
        {**A1, "quantity": "1,200"},
        "The quantity is '1,200'; write it in digits only, such as 1200.",
    ),
    Case(
        Problem.NOT_WHOLE,
        {**A1, "quantity": "2.5"},
        "The quantity is 2.5; it must be a whole number.",
    ),
    Case(
        Problem.TOO_SMALL,
        {**A1, "quantity": "-3"},
        "The quantity is -3; it must be 0 or more. To take stock away, use the action decrement.",
    ),
    Case(
        Problem.TOO_LARGE,
        {**A1, "quantity": "4006381333931"},
        "The quantity is 4006381333931; at most 2147483647 is sent. Look for a slip of the pen.",
    ),
    Case(
        Problem.NOT_AN_AMOUNT,
        {**COUNT, "cost_amount": "$5", "cost_currency": "usd"},
        "The cost_amount is '$5'; write a number such as 12.50.",
    ),
    Case(
        Problem.WITHOUT_CURRENCY,
        {**COUNT, "cost_amount": "5.00"},
        "The cost_amount is 5.00 without a currency; give cost_currency, such as usd.",
    ),
    Case(
        Problem.CURRENCY_WITHOUT_AMOUNT,
        {**COUNT, "cost_currency": "usd"},
        "The cost_currency is usd without an amount; give cost_amount too.",
    ),
    Case(
        Problem.NOT_A_CURRENCY,
        {**COUNT, "cost_amount": "5", "cost_currency": "dollar"},
        "The cost_currency is 'dollar'; write a three-letter code such as usd.",
    ),
    Case(
        Problem.UNKNOWN_CHOICE,
        {**COUNT, "condition": "broken"},
        "The condition is 'broken'; it can be sellable, damaged, expired, qa_hold.",
    ),
    Case(
        Problem.NOT_A_DATE,
        {**COUNT, "usable_end_date": "31.05.2026"},
        "The usable_end_date is '31.05.2026'; write a date such as 2026-05-31, or an instant with "
        "its offset such as 2026-05-31T12:00:00Z.",
    ),
    Case(
        Problem.SPREADSHEET_ERROR,
        {**A1, "quantity": "#N/A"},
        "The quantity is '#N/A', an error of the spreadsheet it comes from; correct it there and save the "
        "file again.",
    ),
    Case(
        Problem.SCIENTIFIC,
        {**COUNT, "sku": "1E+05"},
        "The sku is '1E+05', to which a spreadsheet has shortened a long number; give the column the format "
        "text and enter the whole number again.",
    ),
    Case(
        Problem.DECIMAL_TAIL,
        {**COUNT, "sku": "1001.0"},
        "The sku is '1001.0', of which a program has made a number; give the column the format text and "
        "write '1001', with the zeros it began with.",
    ),
    Case(
        Problem.BECAME_A_DATE,
        {**COUNT, "sku": "1-Mar"},
        "The sku is '1-Mar', a date that a spreadsheet may have made of it; give the column the format text "
        "and enter it again.",
    ),
    Case(
        Problem.SERIAL_DATE,
        {**COUNT, "usable_end_date": "46173"},
        "The usable_end_date is '46173', which is how Excel counts days; write 2026-05-31 if that day is "
        "meant.",
    ),
    Case(
        Problem.TEXT_MARK,
        {**COUNT, "sku": "'0012"},
        "The sku is \"'0012\" with the mark by which a spreadsheet knows text; write '0012'.",
    ),
    Case(
        Problem.UNSEEN_CHARACTER,
        {**COUNT, "sku": "A-\u200b9"},
        "The sku is 'A-\\u200b9', with a character in it that nobody sees; write 'A-9'.",
    ),
    Case(
        Problem.WIDE_CHARACTERS,
        {**COUNT, "sku": "\uff21-\uff19"},
        "The sku is '\uff21-\uff19', in characters of full width or of another form; write 'A-9'.",
    ),
    Case(
        Problem.DATES_REVERSED,
        {**COUNT, "usable_start_date": "2026-06-01", "usable_end_date": "2026-05-31"},
        "The stock would be usable from 2026-06-01T00:00:00Z until 2026-05-31T00:00:00Z; swap the "
        "two dates.",
    ),
    Case(
        Problem.ONLY_FOR_MODIFY,
        {**COUNT, "new_condition": "damaged"},
        "The new_condition means something for the action modify only, not for adjust.",
    ),
    Case(
        Problem.NOTHING_TO_MODIFY,
        {**COUNT, "action": "modify"},
        "Nothing to modify is given; fill new_inventory_location_id, new_condition, or "
        "new_cost_amount with new_cost_currency.",
    ),
    Case(
        Problem.MOVE_TO_ITSELF,
        {**MOVE, "new_inventory_location_id": "Main"},
        "The stock would move from Main to itself; name another location.",
    ),
    Case(
        Problem.UNKNOWN_LOCATION,
        {**COUNT, "location": "Cellar"},
        "The location 'Cellar' is not known, neither as an id nor as a name. See `shipsync "
        "locations`, or `shipsync sync` first if it is new.",
    ),
    Case(
        Problem.AMBIGUOUS_LOCATION,
        {**COUNT, "location": "Attic"},
        f"3 locations are named 'Attic'; give the id instead: {MAIN}, {BACK}, {ATTIC}.",
        two_attics,
    ),
    Case(
        Problem.CONTRADICTING_LOCATION,
        {**COUNT, "inventory_location_id": BACK},
        f"The inventory_location_id is {BACK} and the location is 'Main', which is {MAIN}; keep one "
        "of them.",
    ),
    Case(
        Problem.UNKNOWN_SKU,
        {**COUNT, "sku": "a-1"},
        "The sku 'a-1' is not known: no product and no stock, now or before, has it. Did you mean "
        "'A-1'?",
    ),
    Case(
        Problem.UNREADABLE_LEVEL,
        COUNT,
        "ShipStation gave no whole number for what is on hand of A-1 at Main, so nothing can be compared "
        "with it. Correct the level in ShipStation, then run `shipsync sync` and plan again.",
        no_number,
    ),
    Case(
        Problem.BELOW_ALLOCATED,
        {**A1, "quantity": 3},
        "3 would be less than the 4 that orders have claimed of A-1 at Main; release the orders or "
        "raise the quantity.",
        claimed,
    ),
    Case(
        Problem.BEYOND_AVAILABLE,
        {**A1, "quantity": 7, "action": "decrement"},
        "7 cannot be taken: 6 of A-1 are available at Main (10 on hand, 4 claimed by orders).",
        claimed,
    ),
    Case(
        Problem.BEYOND_ON_HAND,
        {**A1, "quantity": 11, "action": "modify", "new_condition": "damaged"},
        "11 cannot be modified: 10 of A-1 are on hand at Main.",
    ),
    Case(
        Problem.DUPLICATE_KEY,
        {**COUNT, "key": "k-1"},
        "The key 'k-1' stands on lines 2, 3; each row needs a key of its own.",
        others=({"sku": "A-2", "location": "Main", "quantity": 1, "key": "k-1"},),
    ),
    Case(
        Problem.SAME_PLACE,
        {**COUNT, "key": "k-1"},
        "The stock of A-1 at Main is changed on lines 2, 3; make one row of them.",
        others=({**A1, "quantity": 1, "action": "increment"},),
    ),
    Case(
        Problem.KEY_OF_ANOTHER_WRITE,
        {**COUNT, "key": "k-1"},
        "The key 'k-1' was used on 2026-03-02 09:00 for something else (an earlier row); give this "
        "row another key.",
        past(WriteState.APPLIED, "k-1", INCREMENT),
    ),
    Case(
        Problem.UNSETTLED_KEY,
        {**A1, "quantity": 5, "action": "increment", "key": "k-1"},
        "This row was sent on 2026-03-02 09:00 and it is not known whether it was carried out. "
        "Apply its plan again, or look at the stock and run `shipsync writes resolve k-1`.",
        past(WriteState.UNKNOWN, "k-1", INCREMENT),
    ),
    Case(
        Problem.UNSETTLED_PLACE,
        {**A1, "quantity": 12},
        "It is not known whether an earlier row for A-1 at Main was carried out. Apply its plan "
        "again, or look at the stock and run `shipsync writes resolve k-1`.",
        past(WriteState.SENDING, "k-1", INCREMENT),
    ),
]
