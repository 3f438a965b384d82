using Npgsql;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>
/// Walks every writer's chain from its beginning, or from a checkpoint's head, and computes each batch's hash again from the rows. One
/// pass over the books in the order in which they were written, however many rows there are.
/// </summary>
internal sealed class ChainCheck : IDisposable
{
    // Seal, then commit by commit its audit row and the lines of its entry: the order of BookChain.
    private const string Book = """
        SELECT writer, n AS batch, -1 AS position, 0 AS part, 0::bigint AS line, prev_hash, hash, NULL::text AS merchant_id, NULL::uuid AS payment_id,
               NULL::uuid AS operation_id, NULL::timestamptz AS at, NULL::text AS kind, NULL::bigint AS version, NULL::text AS status,
               NULL::text AS operation_status, NULL::integer AS attempt, NULL::text AS attempt_kind, NULL::text AS answer, NULL::text AS code,
               NULL::uuid AS entry_id, NULL::text AS account_id, NULL::bigint AS amount, NULL::bigint AS balance_after, NULL::bigint AS seq, NULL::text AS currency,
               NULL::text AS fingerprint, NULL::uuid AS reverses, NULL::timestamptz AS effective_at
        FROM seal
        UNION ALL
        SELECT writer, batch, position, 1, version, NULL, NULL, merchant_id, payment_id, operation_id, at, action, version, status,
               operation_status, attempt, attempt_kind, answer, code, NULL, NULL, amount, NULL, NULL, currency, NULL, NULL, NULL
        FROM later_audit
        UNION ALL
        SELECT writer, batch, position, 1, version, NULL, NULL, merchant_id, payout_id, payout_id, at, action, version, status,
               status, attempt, attempt_kind, answer, code, NULL, NULL, amount, NULL, NULL, currency, NULL, NULL, NULL
        FROM later_payout_audit
        UNION ALL
        SELECT e.writer, e.batch, e.position, 2, p.line, NULL, NULL, e.merchant_id, e.payment_id, e.operation_id, e.posted_at, e.kind, NULL, NULL,
               NULL, NULL, NULL, NULL, NULL, e.id, a.id, p.amount, p.balance_after, p.seq, NULL, o.fingerprint, o.reverses, e.effective_at
        FROM entry e
        LEFT JOIN payments.own_entries o ON o.entry_id = e.id
        LEFT JOIN payments.postings p ON p.entry_id = e.id
        LEFT JOIN payments.accounts a ON a.no = p.account_no
        ORDER BY writer, batch, position, part, entry_id, line
        """;

    private readonly Findings.Check check;
    private readonly IReadOnlyDictionary<long, ChainHead> heads;
    private readonly BookChain chain = new();

    private long writer = -1;
    private long n;
    private byte[] hash = BookChain.Genesis;
    private byte[]? sealedHash;
    private Guid entryId;

    private ChainCheck(Findings.Check check, IReadOnlyDictionary<long, ChainHead> heads) => (this.check, this.heads) = (check, heads);

    public static Findings.Check Begin(Findings findings) =>
        findings.Begin("chain", "hash chains", "nothing in the books was changed, added or removed behind a later batch");

    public static async Task RunAsync(NpgsqlConnection connection, AuditScope scope, Findings.Check check, CancellationToken cancellationToken)
    {
        using var walk = new ChainCheck(check, scope.Heads);
        await using var command = scope.Command(connection, Book);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = 0L;
        // Not awaited, which for millions of rows costs more than to read them: the lane has nothing else to do meanwhile.
        for (; reader.Read(); rows++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            walk.Take(reader);
        }

        walk.EndBatch();
        walk.check.Done(rows);
    }

    public void Dispose() => chain.Dispose();

    private void Take(NpgsqlDataReader row)
    {
        var (rowWriter, rowBatch, part) = (row.GetInt64(0), row.GetInt64(1), row.GetInt32(3));
        if (part == 0)
        {
            EndBatch();
            BeginBatch(rowWriter, rowBatch, row.GetFieldValue<byte[]>(5), row.GetFieldValue<byte[]>(6));
            return;
        }

        if (rowWriter != writer || rowBatch != n)
        {
            check.Breach(part == 1
                ? $"The audit row of version {row.GetInt64(12)} of payment {{pay:{row.GetGuid(8)}}} belongs to batch {rowBatch} of writer {rowWriter}, which is not sealed."
                : $"Entry {row.GetGuid(19)} belongs to batch {rowBatch} of writer {rowWriter}, which is not sealed.");
            return;
        }

        if (part == 1)
        {
            chain.Audit(new(
                row.GetString(7), row.GetGuid(8), row.GetInt64(12), Time(row), row.GetString(11), row.GetString(13), row.GetGuid(9), row.GetString(14),
                row.GetInt32(15), row.GetString(16), Text(row, 17), Text(row, 18), row.GetInt64(21), row.GetString(24)));
            return;
        }

        if (row.GetGuid(19) != entryId)
        {
            entryId = row.GetGuid(19);
            chain.Entry(entryId, row.GetString(11), row.GetString(7), Id(row, 8), Id(row, 9), Time(row));
            if (Text(row, 25) is { } fingerprint)
            {
                chain.Own(fingerprint, Id(row, 26));
            }

            if (!row.IsDBNull(27))
            {
                chain.Effective(row.GetFieldValue<DateTimeOffset>(27));
            }
        }

        if (!row.IsDBNull(20))
        {
            chain.Posting(row.GetString(20), row.GetInt64(23), row.GetInt64(21), row.GetInt64(22));
        }
    }

    private void BeginBatch(long nextWriter, long nextN, byte[] previous, byte[] nextHash)
    {
        if (nextWriter != writer)
        {
            var head = heads.GetValueOrDefault(nextWriter);
            (writer, n, hash) = (nextWriter, head?.N ?? 0, head is null ? BookChain.Genesis : Convert.FromHexString(head.Hash));
        }

        if (nextN != n + 1)
        {
            check.Breach($"Batch {nextN} of writer {writer} follows batch {n}: {nextN - n - 1} batches are missing.");
        }
        else if (!previous.AsSpan().SequenceEqual(hash))
        {
            check.Breach($"Batch {nextN} of writer {writer} does not link to the batch before it: that one was rewritten, or this one.");
        }

        (n, sealedHash, entryId) = (nextN, nextHash, Guid.Empty);
        chain.Begin(previous, writer, n);
    }

    private void EndBatch()
    {
        if (sealedHash is null)
        {
            return;
        }

        if (!chain.End().AsSpan().SequenceEqual(sealedHash))
        {
            check.Breach($"Batch {n} of writer {writer} no longer has the hash that it was sealed with: a row of it was changed, added or removed.");
        }

        // The next batch is held against what this one claims, so that one changed row is one breach.
        (hash, sealedHash) = (sealedHash, null);
    }

    private static DateTimeOffset Time(NpgsqlDataReader row) => row.GetFieldValue<DateTimeOffset>(10);

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static Guid? Id(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetGuid(column);
}
