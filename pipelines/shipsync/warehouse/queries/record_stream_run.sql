insert or replace into ledger.stream_runs (
    run_id, stream, outcome, read_at, finished_at, rows, unchanged, stale, caught_late, pages, requests,
    packages, extras, error
) values (
    $run_id, $stream, $outcome, $read_at, $finished_at, $rows, $unchanged, $stale, $caught_late, $pages,
    $requests, $packages, $extras, $error
)
