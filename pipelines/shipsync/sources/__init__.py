"""The account's lists as rows: how a stream is read, flattened, redacted and cut into batches."""
