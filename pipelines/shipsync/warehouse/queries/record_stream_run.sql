insert or replace into ledger.stream_runs (
    run_id, stream, outcome, read_at, finished_at, rows, unchanged, stale, caught_late, pages, requests,
    packages, extras, error, calls_saved, calls_put_off
) values (
    $run_id, $stream, $outcome, $read_at, $finished_at, $rows, $unchanged, $stale, $caught_late, $pages,
    $requests, $packages, $extras, $error, $calls_saved, $calls_put_off
)
