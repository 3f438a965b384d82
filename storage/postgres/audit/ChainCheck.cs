using Npgsql;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>
/// Walks every writer's chain from its beginning, or from a checkpoint's head, and computes each batch's hash again from the rows. One
/// pass over the books in the order in which they were written, however many rows there are.
/// </summary>
internal sealed class ChainCheck : IDisposable
{
    // Each in the chain's order: seals, and commit by commit the audit row and the lines of the entry. Three queries, because one would sort and
    // send every row with the columns of all.
    private const string Seals = "SELECT writer, n, -1, prev_hash, hash FROM seal ORDER BY writer, n";

    private const string AuditRows = """
        SELECT writer, batch, position, merchant_id, payment_id, version, at, action, status, operation_id, operation_status, attempt, attempt_kind, answer, code, amount, currency
        FROM later_audit
        UNION ALL
        SELECT writer, batch, position, merchant_id, payout_id, version, at, action, status, payout_id, status, attempt, attempt_kind, answer, code, amount, currency
        FROM later_payout_audit
        ORDER BY writer, batch, position
        """;

    private const string Lines = """
        SELECT e.writer, e.batch, e.position, e.id, e.kind, e.merchant_id, e.payment_id, e.operation_id, e.posted_at, o.fingerprint, o.reverses, e.effective_at,
               a.id, p.seq, p.amount, p.balance_after
        FROM entry e
        LEFT JOIN payments.own_entries o ON o.entry_id = e.id
        LEFT JOIN payments.postings p ON p.entry_id = e.id AND p.posted_at = e.posted_at
        LEFT JOIN payments.accounts a ON a.no = p.account_no
        ORDER BY e.writer, e.batch, e.position, e.id, p.line
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

    public static async Task RunAsync(NpgsqlConnection connection, AuditLanes lanes, AuditScope scope, Findings.Check check, CancellationToken cancellationToken)
    {
        using var walk = new ChainCheck(check, scope.Heads);
        await using var second = await lanes.OpenAsync(cancellationToken);
        await using var third = await lanes.OpenAsync(cancellationToken);
        await using var seals = await ChainRows.OpenAsync(scope.Command(connection, Seals), cancellationToken);
        await using var audits = await ChainRows.OpenAsync(scope.Command(second, AuditRows), cancellationToken);
        await using var lines = await ChainRows.OpenAsync(scope.Command(third, Lines), cancellationToken);
        while (!(seals.AtEnd && audits.AtEnd && lines.AtEnd))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (seals.IsNotAfter(audits) && seals.IsNotAfter(lines))
            {
                walk.EndBatch();
                walk.BeginBatch(seals.Writer, seals.Batch, seals.Row.GetFieldValue<byte[]>(3), seals.Row.GetFieldValue<byte[]>(4));
                seals.Advance();
            }
            else if (audits.IsNotAfter(lines))
            {
                walk.TakeAudit(audits);
                audits.Advance();
            }
            else
            {
                walk.TakeLine(lines);
                lines.Advance();
            }
        }

        walk.EndBatch();
        walk.check.Done(seals.Count + audits.Count + lines.Count);
    }

    public void Dispose() => chain.Dispose();

    private void TakeAudit(ChainRows at)
    {
        var row = at.Row;
        if (at.Writer != writer || at.Batch != n)
        {
            check.Breach($"The audit row of version {row.GetInt64(5)} of payment {{pay:{row.GetGuid(4)}}} belongs to batch {at.Batch} of writer {at.Writer}, which is not sealed.");
            return;
        }

        chain.Audit(new(
            row.GetString(3), row.GetGuid(4), row.GetInt64(5), Time(row, 6), row.GetString(7), row.GetString(8), row.GetGuid(9), row.GetString(10),
            row.GetInt32(11), row.GetString(12), Text(row, 13), Text(row, 14), row.GetInt64(15), row.GetString(16)));
    }

    private void TakeLine(ChainRows at)
    {
        var (row, id) = (at.Row, at.Row.GetGuid(3));
        if (at.Writer != writer || at.Batch != n)
        {
            check.Breach($"Entry {id} belongs to batch {at.Batch} of writer {at.Writer}, which is not sealed.");
            return;
        }

        if (id != entryId)
        {
            entryId = id;
            chain.Entry(id, row.GetString(4), row.GetString(5), Id(row, 6), Id(row, 7), Time(row, 8));
            if (Text(row, 9) is { } fingerprint)
            {
                chain.Own(fingerprint, Id(row, 10));
            }

            if (!row.IsDBNull(11))
            {
                chain.Effective(Time(row, 11));
            }
        }

        if (Text(row, 12) is { } account)
        {
            chain.Posting(account, row.GetInt64(13), row.GetInt64(14), row.GetInt64(15));
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

    private static DateTimeOffset Time(NpgsqlDataReader row, int column) => row.GetFieldValue<DateTimeOffset>(column);

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static Guid? Id(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetGuid(column);
}
