using Npgsql;
using Payments.Domain;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>
/// Adds all postings up again, account by account and month by month, those that have left by what is signed of them, and holds every closed month's trial balance against what it was
/// sealed with. Memory grows with the closed months and the lines of the books, not with accounts or postings.
/// </summary>
internal static class ClosingCheck
{
    public static Findings.Check Begin(Findings findings) =>
        findings.Begin("periods", "closed months", "the trial balance of every closed month is still the one that it was closed with");

    private const string Moves = """
        SELECT id, currency, month, sum(amount)::text, sum(rows)::bigint FROM (
            SELECT a.id, a.currency, date_trunc('month', p.posted_at AT TIME ZONE 'UTC')::date AS month, sum(p.amount) AS amount, count(*) AS rows
            FROM payments.postings p JOIN payments.accounts a ON a.no = p.account_no
            WHERE p.posted_at < ((SELECT max(month) FROM payments.period_closings) + interval '1 month') AT TIME ZONE 'UTC' AND p.posted_at >= (SELECT since FROM kept)
            GROUP BY 1, 2, 3
            UNION ALL
            SELECT a.id, a.currency, v.month, v.balance - v.opening, v.seq - v.first + 1 FROM payments.archived_accounts v JOIN payments.accounts a ON a.no = v.account_no) moves
        GROUP BY id, currency, month ORDER BY id, month
        """;

    public static async Task RunAsync(NpgsqlConnection connection, AuditScope scope, Findings.Check check, CancellationToken cancellationToken)
    {
        var closings = await ClosingsAsync(connection, cancellationToken);
        var sums = closings.Select(_ => new SortedDictionary<(string Currency, string Line), (Int128 Debits, Int128 Credits)>(Order)).ToArray();
        var rows = 0L;
        await using var command = scope.Command(connection, Moves);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (account, currency, balance, next) = ("", "", (Int128)0, closings.Count);

        // An account's balance at the end of each closed month before the given one that it has not been counted in yet.
        void CountBefore(DateOnly month)
        {
            for (; next < closings.Count && closings[next].Month < month; next++)
            {
                var line = (currency, ChartOfAccounts.Line(account[..^(currency.Length + 1)]));
                var (debits, credits) = sums[next].GetValueOrDefault(line);
                sums[next][line] = balance > 0 ? (debits + balance, credits) : (debits, credits - balance);
            }
        }

        while (await reader.ReadAsync(cancellationToken))
        {
            var (id, month) = (reader.GetString(0), reader.GetFieldValue<DateOnly>(2));
            if (id != account)
            {
                CountBefore(DateOnly.MaxValue);
                // Before its first posting it is not in the books.
                (account, currency, balance, next) = (id, reader.GetString(1), 0, closings.Count(closing => closing.Month < month));
            }

            CountBefore(month);
            balance += Int128.Parse(reader.GetString(3));
            rows += reader.GetInt64(4);
        }

        CountBefore(DateOnly.MaxValue);
        await reader.DisposeAsync();
        for (var i = 0; i < closings.Count; i++)
        {
            var books = new TrialBalance(default, [.. sums[i].Select(line => new TrialBalanceLine(line.Key.Line, line.Key.Currency, line.Value.Debits, line.Value.Credits))]);
            if (!books.Digest().AsSpan().SequenceEqual(closings[i].Digest))
            {
                check.Breach($"The trial balance of {closings[i].Month:yyyy-MM} is no longer what it was when the month was closed: something was posted to it, changed or removed.");
            }
        }

        await using var open = new NpgsqlCommand(
            "SELECT max(c.month)::text FROM payments.period_closings c, payments.books b WHERE (c.month + interval '1 month') AT TIME ZONE 'UTC' > b.fixed_until + interval '1 microsecond'",
            connection);
        if (await open.ExecuteScalarAsync(cancellationToken) is string reopened)
        {
            check.Breach($"The books are not fixed until the end of {reopened[..7]}, which is closed: more could be posted to it.");
        }

        check.Done(rows);
    }

    private static Comparer<(string Currency, string Line)> Order { get; } = Comparer<(string Currency, string Line)>.Create(static (one, other) =>
        string.CompareOrdinal(one.Currency, other.Currency) is var currency and not 0 ? currency : string.CompareOrdinal(one.Line, other.Line));

    private static async Task<List<(DateOnly Month, byte[] Digest)>> ClosingsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT month, digest FROM payments.period_closings ORDER BY month", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var closings = new List<(DateOnly, byte[])>();
        while (await reader.ReadAsync(cancellationToken))
        {
            closings.Add((reader.GetFieldValue<DateOnly>(0), reader.GetFieldValue<byte[]>(1)));
        }

        return closings;
    }
}
