"""`resolve`: one live row per call, voids elsewhere, blind to order, versions only grow."""

from hypothesis import given
from hypothesis import strategies as st

from services.counting.resolve import resolve
from services.counting.telling import CallRow, Identity, Place, Telling

MINUTE = 60


@st.composite
def drawn(draw: st.DrawFn) -> Telling:
    """A telling in one of two traces; a span may be told again elsewhere, under other parents."""
    trace, span = draw(st.integers(1, 2)), draw(st.integers(1, 4))
    is_span = draw(st.booleans())
    return Telling(
        place=Place(draw(st.sampled_from([0, 3600])), trace, 10 * trace + span,
                    draw(st.integers(1, 4))),
        call_key=draw(st.integers(1, 4)),
        ver=draw(st.integers(1, 1000)),
        is_void=draw(st.integers(0, 5)) == 0,
        identity=Identity(draw(st.sampled_from(["", "a", "b"]))),
        minute=draw(st.sampled_from([0, MINUTE, 2 * MINUTE])),
        usage_rank=draw(st.integers(0, 2)),
        wire_rank=draw(st.integers(0, 2)),
        is_call=draw(st.booleans()),
        is_reading=draw(st.booleans()),
        own_key=span if is_span else 0,
        parent_key=draw(st.integers(0, 4)) if is_span else 0,
        from_resource=draw(st.sampled_from([(), ("org_id",)])),
    )  # fmt: skip


tellings = drawn()


def telling(span: int, key: int, ver: int = 1, **other: object) -> Telling:
    defaults = {
        "place": Place(0, 1, span, key * 10),
        "is_void": False,
        "identity": Identity("a"),
        "minute": 0,
        "usage_rank": 2,
        "wire_rank": 0,
    }
    return Telling(call_key=key, ver=ver, **(defaults | other))  # type: ignore[arg-type]


def live(rows: list[CallRow]) -> list[CallRow]:
    return [row for row in rows if not row.is_void]


def as_set(rows: list[CallRow]) -> set[CallRow]:
    return set(rows)


@given(st.lists(tellings, max_size=8), st.randoms())
def test_order_and_repetition_change_nothing(told: list[Telling], random: object) -> None:
    again = told + told[:3]
    random.shuffle(again)  # type: ignore[attr-defined]
    newest = {}
    for one in told:  # two rows of one place with one version are the same row
        newest.setdefault((one.place, one.ver), one)
    told = list(newest.values())
    again = [newest[one.place, one.ver] for one in again]
    assert as_set(resolve(told)) == as_set(resolve(again))


@given(st.lists(tellings, max_size=8))
def test_each_call_counts_at_most_once(told: list[Telling]) -> None:
    rows = live(resolve(told))
    assert len({row.call_key for row in rows}) == len(rows)
    assert len({row.winner for row in rows}) == len(rows)


@given(st.lists(tellings, max_size=8))
def test_a_step_belongs_to_one_place_and_counts_nowhere_else(told: list[Telling]) -> None:
    rows = resolve(told)
    homes = [row.call_key for row in rows if row.is_home]
    assert sorted(homes) == sorted(set(homes))
    assert all(row.is_home for row in live(rows))


@given(st.lists(tellings, min_size=1, max_size=8), tellings)
def test_more_tellings_never_lower_a_version_and_cover_old_places(
    told: list[Telling], more: Telling
) -> None:
    before = {(r.org_id, r.minute, r.call_key): r.ver for r in resolve(told)}
    raised = [t for t in told if t.place != more.place]
    same = [t for t in told if t.place == more.place and t.ver >= more.ver]
    if same or len(raised) < len(told):
        return  # a lower version of a known place changes nothing; covered above
    after = {(r.org_id, r.minute, r.call_key): r.ver for r in resolve([*told, more])}
    assert before.keys() <= after.keys()
    assert all(after[place] >= ver for place, ver in before.items())


def test_a_resend_with_another_time_moves_the_call_and_voids_the_old_place() -> None:
    first = telling(1, 7, ver=1)
    second = telling(1, 7, ver=2, place=Place(3600, 1, 1, 71), minute=3600)
    rows = resolve([first, second])
    assert [(r.minute, r.is_void, r.ver) for r in rows] == [(0, True, 3), (3600, False, 3)]


def test_a_new_event_id_for_an_old_response_counts_once() -> None:
    rows = resolve([telling(1, 7), telling(2, 7, place=Place(0, 1, 2, 71))])
    assert len(live(rows)) == 1
    assert live(rows)[0].tellings == 2


def test_exact_usage_beats_missing_and_the_wire_beats_the_rest() -> None:
    outer = telling(1, 7, ver=9, usage_rank=0)
    inner = telling(2, 7, place=Place(0, 1, 2, 71), wire_rank=1)
    assert live(resolve([outer, inner]))[0].winner == inner.place


def test_a_void_leaves_no_live_row_until_a_higher_revision_undoes_it() -> None:
    told = telling(1, 7, ver=1)
    void = telling(1, 7, ver=2, place=Place(0, 1, 1, 71), is_void=True)
    undo = telling(1, 7, ver=3, place=Place(0, 1, 1, 72))
    assert live(resolve([told, void])) == []
    assert len(live(resolve([told, void, undo]))) == 1


def nested(span: int, parent: int, usage: int, **other: object) -> Telling:
    """A call told by a span of its own, inside another one."""
    place = Place(0, 1, span, span)
    return telling(
        span, span, place=place, own_key=span, parent_key=parent, usage_rank=usage, **other
    )


def test_a_call_without_usage_takes_that_of_the_call_around_it_alone() -> None:
    outer, inner = nested(1, 0, 2, identity=Identity("a")), nested(2, 1, 0, minute=MINUTE)
    [row] = live(resolve([outer, inner]))
    assert (row.call_key, row.minute, row.winner) == (2, MINUTE, outer.place)
    void = nested(1, 0, 2, ver=2, is_void=True)
    [row] = live(resolve([void, inner]))
    assert row.winner == inner.place


def test_usage_of_a_call_around_two_is_that_of_neither() -> None:
    outer, one, two = nested(1, 0, 2), nested(2, 1, 0), nested(3, 1, 2)
    rows = {row.call_key: row.winner for row in live(resolve([outer, one, two]))}
    assert rows == {2: one.place, 3: two.place}


def test_an_embedding_inside_a_call_that_writes_is_another_call() -> None:
    outer = telling(1, 1, own_key=1)
    inner = telling(2, 2, own_key=2, parent_key=1, is_reading=True)
    assert {row.call_key for row in live(resolve([outer, inner]))} == {1, 2}
    silent = telling(1, 1, own_key=1, usage_rank=0)
    assert {row.call_key for row in live(resolve([silent, inner]))} == {2}
    around = telling(1, 1, own_key=1, is_reading=True)
    assert {row.call_key for row in live(resolve([around, inner]))} == {2}
    writes = telling(2, 2, own_key=2, parent_key=1)
    assert {row.call_key for row in live(resolve([around, writes]))} == {2}


def test_a_step_above_says_whose_a_call_is_before_its_process_does() -> None:
    shared = {"identity": Identity("shared", user_id="u"), "from_resource": ("org_id", "user_id")}
    root = telling(1, 1, own_key=1, is_call=False, identity=Identity("a"))
    call = telling(2, 2, own_key=2, parent_key=1, **shared)
    (row,) = (row for row in resolve([root, call]) if row.call_key == 2 and row.is_home)
    assert (row.org_id, row.identity.user_id, row.is_void) == ("a", "u", False)
    assert row.bill == "a", "it was priced for the org of its process"
    (row,) = resolve([call])
    assert (row.org_id, row.bill) == ("shared", None)
    own = telling(1, 1, own_key=1, is_call=False, **shared | {"identity": Identity("other")})
    assert {r.org_id for r in live(resolve([own, call]))} == {"other", "shared"}


def test_a_call_that_another_one_counts_for_belongs_where_that_is_counted() -> None:
    root = telling(1, 1, own_key=1, is_call=False)
    shared = {"identity": Identity("shared"), "from_resource": ("org_id",)}
    outer = telling(2, 2, own_key=2, parent_key=1, **shared)
    inner = telling(3, 3, own_key=3, parent_key=2, **shared)
    rows = [row for row in resolve([root, outer, inner]) if row.is_home]
    assert [(r.call_key, r.org_id, r.is_void) for r in sorted(rows, key=lambda r: r.call_key)] == [
        (1, "a", False), (2, "a", True), (3, "a", False)]  # fmt: skip


def test_a_call_around_tells_in_full_what_the_innermost_tells_in_part() -> None:
    outer = telling(1, 1, own_key=1)
    inner = telling(2, 2, own_key=2, parent_key=1, usage_rank=1)
    (row,) = live(resolve([outer, inner]))
    assert (row.call_key, row.winner) == (2, outer.place)
    exact = telling(2, 2, own_key=2, parent_key=1)
    (row,) = live(resolve([outer, exact]))
    assert row.winner == exact.place
