using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>Where a month stands.</summary>
public enum MonthState
{
    /// <summary>It is written, or may still be.</summary>
    Open,

    /// <summary>It takes no more postings, and lies here.</summary>
    Closed,

    /// <summary>It is recorded as archived, and a part of it still lies here: its archiving was broken off.</summary>
    Leaving,

    Archived,
}

/// <summary>A month, as far as it lies here.</summary>
/// <param name="Rows">In all tables: as the database estimates it for what lies here, exactly for what has left.</param>
/// <param name="Bytes">On disk, or of the files.</param>
/// <param name="InTheWay">Why it cannot be archived now, a sentence each.</param>
public sealed record MonthOfRows(Month Month, MonthState State, long Rows, long Bytes, ImmutableArray<string> InTheWay);

/// <summary>The months of the database: those that lie here, and those that have left.</summary>
public static class ArchivedMonths
{
    private const string Columns = "SELECT month, archived_at, archived_by, document, signature, key_id FROM payments.archives";

    /// <summary>Those that have left, in their order.</summary>
    public static async Task<IReadOnlyList<ArchivedMonth>> ListAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"{Columns} ORDER BY month", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var months = new List<ArchivedMonth>();
        while (await reader.ReadAsync(cancellationToken))
        {
            months.Add(new(
                Archives.Of(reader.GetFieldValue<DateOnly>(0)), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2),
                new(reader.GetString(3), Convert.ToBase64String(reader.GetFieldValue<byte[]>(4)), reader.GetString(5))));
        }

        return months;
    }

    /// <summary>One that has left; null: it has not.</summary>
    public static async Task<ArchivedMonth?> FindAsync(NpgsqlConnection connection, Month month, CancellationToken cancellationToken) =>
        (await ListAsync(connection, cancellationToken)).FirstOrDefault(archived => archived.Month == month);

    /// <summary>All months, in their order, with what keeps them from leaving.</summary>
    public static async Task<IReadOnlyList<MonthOfRows>> AllAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var archived = (await ListAsync(connection, cancellationToken)).ToDictionary(one => one.Month);
        var kept = await KeptAsync(connection, cancellationToken);
        var closedThrough = await ClosedThroughAsync(connection, cancellationToken);
        var months = new List<MonthOfRows>();
        foreach (var (month, (rows, bytes)) in kept)
        {
            months.Add(archived.ContainsKey(month)
                ? new(month, MonthState.Leaving, rows, bytes, ["its archiving was broken off: run it again"])
                : new(month, month <= closedThrough ? MonthState.Closed : MonthState.Open, rows, bytes, await InTheWayAsync(connection, month, now, cancellationToken)));
        }

        foreach (var gone in archived.Values.Where(one => !kept.ContainsKey(one.Month)))
        {
            var files = ArchiveDocument.Read(gone.Signed.Document).Files;
            months.Add(new(gone.Month, MonthState.Archived, files.Sum(file => file.Rows), files.Sum(file => file.Bytes), []));
        }

        return [.. months.OrderBy(month => month.Month)];
    }

    /// <summary>Throws when something keeps a month from leaving.</summary>
    /// <exception cref="ArchiveException">It names all of it.</exception>
    internal static async Task CheckAsync(NpgsqlConnection connection, Month month, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!(await KeptAsync(connection, cancellationToken)).ContainsKey(month))
        {
            throw new ArchiveException($"Nothing was written in {month}: `payments archive` lists the months.");
        }

        if (await InTheWayAsync(connection, month, now, cancellationToken) is { Length: > 0 } inTheWay)
        {
            throw new ArchiveException($"{month} cannot be archived: {string.Join("; ", inTheWay)}.");
        }
    }

    private static async Task<ImmutableArray<string>> InTheWayAsync(NpgsqlConnection connection, Month month, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Whoever is looked for here is open, and open ones are few: each has an index.
        await using var command = new NpgsqlCommand("""
            SELECT 'it is still being written' FROM payments.books WHERE month <= $1
            UNION ALL
            SELECT format('it is not closed: payments periods close %s', to_char($1, 'YYYY-MM')) WHERE NOT EXISTS (SELECT FROM payments.period_closings WHERE month >= $1)
            UNION ALL
            SELECT format('%s must be archived first', to_char(k.month, 'YYYY-MM')) FROM payments.month_kept_before($1) k (month) WHERE k.month IS NOT NULL
            UNION ALL
            SELECT format('%s operations of payments are not decided, such as {op:%s} of payment {pay:%s}', count(*), min(o.id::text), min(o.payment_id::text))
            FROM payments.payments y JOIN payments.operations o ON o.merchant_id = y.merchant_id AND o.payment_id = y.id
            WHERE y.next_action_at IS NOT NULL AND o.status = 'pending' AND o.created_at < $2 HAVING count(*) > 0
            UNION ALL
            SELECT format('%s payouts are in transit, such as {po:%s}', count(*), min(id::text)) FROM payments.payouts
            WHERE next_action_at IS NOT NULL AND status IN ('pending', 'sent') AND created_at < $2 HAVING count(*) > 0
            UNION ALL
            SELECT format('payouts of %s merchants in %s wait longer for what was charged in it (%s days, such as %s)', count(*), string_agg(DISTINCT currency, ', '), max(delay_days), min(merchant_id))
            FROM payments.payout_settings WHERE $3 - delay_days * interval '1 day' < $2 HAVING count(*) > 0
            UNION ALL
            SELECT format('%s messages in the inbox are not understood yet, such as %s of %s', count(*), min(event_id), min(source)) FROM payments.inbox
            WHERE next_try_at IS NOT NULL AND month <= $1 HAVING count(*) > 0
            UNION ALL
            SELECT format('settlement file %s of %s is not reconciled yet', f.name, f.gateway) FROM payments.settlement_files f
            WHERE f.imported_at IS NOT NULL AND f.reconciled_at IS NULL AND EXISTS (SELECT FROM payments.settlement_lines l WHERE l.file = f.id AND l.at < $2)
            UNION ALL
            SELECT format('%s reports that need it are not written yet, such as {rep:%s}', count(*), min(id::text)) FROM payments.reports
            WHERE status IN ('pending', 'running') AND CASE type
                WHEN 'unresolved_operations' THEN false WHEN 'trial_balance' THEN as_of < $2 - interval '1 microsecond' ELSE from_at IS NULL OR from_at < $2 END HAVING count(*) > 0
            """, connection) { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = Archives.Date(month), NpgsqlDbType = NpgsqlDbType.Date });
        command.Parameters.Add(new() { Value = month.Next.Start });
        command.Parameters.Add(new() { Value = now });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var reasons = ImmutableArray.CreateBuilder<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            reasons.Add(Auditing.Findings.Readable(reader.GetString(0)));
        }

        return reasons.DrainToImmutable();
    }

    private static async Task<Month?> ClosedThroughAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT max(month) FROM payments.period_closings", connection);
        return await Archives.MonthAsync(command, cancellationToken);
    }

    // Partitions that are detached and not dropped yet lie here too. The empty one that a database begins with is no month.
    private static async Task<SortedDictionary<Month, (long Rows, long Bytes)>> KeptAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT to_date(right(c.relname, 7), 'YYYY_MM') AS month, sum(greatest(c.reltuples, 0))::bigint, sum(pg_total_relation_size(c.oid))::bigint
            FROM pg_class c WHERE c.relnamespace = 'payments'::regnamespace AND c.relkind = 'r'
                AND c.relname ~ '^(postings|payment_audit|payout_audit|events|evidence)_[0-9]{4}_[0-9]{2}$'
            GROUP BY right(c.relname, 7)
            HAVING to_date(right(c.relname, 7), 'YYYY_MM') >= payments.month_kept_before('infinity')
                OR to_date(right(c.relname, 7), 'YYYY_MM') IN (SELECT a.month FROM payments.archives a)
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var kept = new SortedDictionary<Month, (long, long)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            kept.Add(Archives.Of(reader.GetFieldValue<DateOnly>(0)), (reader.GetInt64(1), reader.GetInt64(2)));
        }

        return kept;
    }
}
