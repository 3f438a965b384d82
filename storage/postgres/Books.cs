using Npgsql;
using NpgsqlTypes;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>A month that takes no more postings.</summary>
/// <param name="ClosedAt">UTC.</param>
/// <param name="Digest">SHA-256 of the trial balance at its end, as CSV.</param>
public sealed record Closing(Month Month, DateTimeOffset ClosedAt, string ClosedBy, byte[] Digest);

/// <summary>What the platform earned or gave back by one kind of entry, in minor units.</summary>
/// <param name="Account">The line of the books: <c>platform:fees</c> is income, <c>gateway:…:fees</c> an expense.</param>
/// <param name="Kind">The kind of entry.</param>
/// <param name="Amount">Income +, expense -.</param>
public sealed record IncomeLine(string Account, string Currency, string Kind, long Entries, Int128 Amount);

/// <summary>What was earned and what it cost.</summary>
/// <param name="Until">The instant (UTC) until which; included.</param>
public sealed record IncomeStatement(DateTimeOffset Until, IReadOnlyList<IncomeLine> Lines);

/// <summary>A report or a closing that cannot be made; the message says why.</summary>
public sealed class BooksException(string message) : Exception(message);

/// <summary>
/// The books as accountants read them: as of an instant, the same for ever. Whoever asks for an instant fixes the books until then: batches in
/// flight are waited for, and whatever is posted afterwards is posted later.
/// </summary>
public sealed class Books(NpgsqlDataSource database, TimeProvider time)
{
    // An account counts from its first posting on: one that was opened since is not in the books of then.
    private const string LinesThen = """
        SELECT regexp_replace(regexp_replace(a.id, ':[A-Z]+$', ''), '^merchant:[^:]+:', 'merchant:*:') COLLATE "C" AS account, a.currency COLLATE "C" AS currency,
            balance_behind(a.no, p.seq) AS balance
        FROM accounts a
        JOIN LATERAL (SELECT posted_until(a.no, a.seq, $1) AS seq OFFSET 0) p ON p.seq > 0
        """;

    // A processor's account is of the mode of whoever posted to it first: no processor serves both.
    private const string OfMode = """
        ($2::text IS NULL OR $2 = coalesce(
            (SELECT m.mode FROM merchants m WHERE m.id = a.merchant_id),
            (SELECT coalesce(m.mode, split_part(e.merchant_id, ':', 2)) FROM journal_entries e
             LEFT JOIN merchants m ON m.id = e.merchant_id WHERE e.id = first_entry(a.no))))
        """;

    /// <summary>Fixes the books until an instant (UTC), unless they are fixed further already; null: until now, by the database's clock.</summary>
    /// <returns>The instant.</returns>
    /// <exception cref="BooksException">It is not over.</exception>
    public async Task<DateTimeOffset> FixAsync(DateTimeOffset? until, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await FixAsync(connection, until, cancellationToken);
    }

    internal static async Task<DateTimeOffset> FixAsync(NpgsqlConnection connection, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT fix_books($1)", connection);
        command.Parameters.Add(new() { Value = (object?)until ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        try
        {
            return new((DateTime)(await command.ExecuteScalarAsync(cancellationToken))!);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.IntegrityConstraintViolation)
        {
            throw new BooksException($"{until:u} is not over: the books are reported as they were, not as they will be.");
        }
    }

    /// <summary>The trial balance as of an instant (UTC), which is included, or of now (null); of one mode, or of both (null).</summary>
    /// <exception cref="BooksException">The instant is not over.</exception>
    /// <exception cref="ArchivedException">What is needed for it is archived.</exception>
    public async Task<TrialBalance> TrialBalanceAsync(DateTimeOffset? at, Mode? mode, CancellationToken cancellationToken)
    {
        var instant = await FixAsync(at, cancellationToken);
        await using var command = database.CreateCommand(
            $"""
            SELECT account, currency, sum(greatest(balance, 0))::text, sum(greatest(-balance, 0))::text
            FROM ({LinesThen} WHERE {OfMode}) line GROUP BY account, currency ORDER BY currency, account
            """);
        command.CommandTimeout = 0;
        command.Parameters.Add(new() { Value = instant });
        command.Parameters.Add(ModeParameter(mode));
        await using var reader = await Archives.AskAsync(() => command.ExecuteReaderAsync(cancellationToken));
        var lines = new List<TrialBalanceLine>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lines.Add(new(reader.GetString(0), reader.GetString(1), Int128.Parse(reader.GetString(2)), Int128.Parse(reader.GetString(3))));
        }

        return new(instant, lines);
    }

    /// <summary>Income and expenses behind one instant (UTC, not included) and until another (included), or now (null), by kind of entry.</summary>
    /// <exception cref="BooksException">The end is not over.</exception>
    /// <exception cref="ArchivedException">What is needed for it is archived.</exception>
    public async Task<IncomeStatement> IncomeAsync(DateTimeOffset after, DateTimeOffset? until, Mode? mode, CancellationToken cancellationToken)
    {
        var instant = await FixAsync(until, cancellationToken);
        await using var command = database.CreateCommand(
            $"""
            WITH a AS MATERIALIZED (
                SELECT a.id, a.no, a.currency, coalesce(posted_until(a.no, a.seq, $3), 0) AS before, posted_until(a.no, a.seq, $1) AS last
                FROM accounts a WHERE (a.id LIKE 'platform:%' OR a.id LIKE 'gateway:%:fees:%' OR a.id LIKE 'fx:%') AND {OfMode})
            SELECT regexp_replace(a.id, ':[A-Z]+$', '') COLLATE "C" AS account, a.currency COLLATE "C" AS currency, of_kind.*
            FROM a CROSS JOIN LATERAL (
                SELECT e.kind COLLATE "C" AS kind, count(*), sum(-p.amount)::text
                FROM postings p JOIN journal_entries e ON e.id = p.entry_id
                WHERE p.account_no = a.no AND p.seq > a.before AND p.seq <= a.last GROUP BY e.kind) of_kind
            ORDER BY currency, account, kind
            """);
        command.CommandTimeout = 0;
        command.Parameters.Add(new() { Value = instant });
        command.Parameters.Add(ModeParameter(mode));
        command.Parameters.Add(new() { Value = after });
        await using var reader = await Archives.AskAsync(() => command.ExecuteReaderAsync(cancellationToken));
        var lines = new List<IncomeLine>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lines.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), Int128.Parse(reader.GetString(4))));
        }

        return new(instant, lines);
    }

    /// <summary>
    /// Closes a month: whatever is posted from now on is posted to a later one, and its trial balance is sealed. Closing a closed month finds
    /// what was done.
    /// </summary>
    /// <exception cref="BooksException">The month is not over, or not the one behind the last closed one.</exception>
    public async Task<(Closing Closing, bool IsNew)> CloseAsync(Month month, string closedBy, CancellationToken cancellationToken)
    {
        var closed = await ClosingsAsync(cancellationToken);
        if (closed.FirstOrDefault(closing => closing.Month == month) is { } before)
        {
            return (before, false);
        }

        if (closed is [.., var last] && month != last.Month.Next)
        {
            throw new BooksException(month < last.Month
                ? $"{month} is not closed by itself, but with {closed[0].Month}, the first that was closed, as everything before it."
                : $"Months are closed in their order: {last.Month.Next} is next.");
        }

        var books = await TrialBalanceAsync(month.End, mode: null, cancellationToken);
        await using var command = database.CreateCommand(
            "INSERT INTO period_closings (month, closed_at, closed_by, digest) VALUES ($1, $2, $3, $4) ON CONFLICT (month) DO NOTHING RETURNING true");
        command.Parameters.Add(new() { Value = DateOnly.FromDateTime(month.Start.UtcDateTime) });
        command.Parameters.Add(new() { Value = time.Now() });
        command.Parameters.Add(new() { Value = closedBy });
        command.Parameters.Add(new() { Value = books.Digest() });
        bool isNew;
        try
        {
            isNew = await command.ExecuteScalarAsync(cancellationToken) is true;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.IntegrityConstraintViolation)
        {
            // Somebody closed another month meanwhile: look again.
            return await CloseAsync(month, closedBy, cancellationToken);
        }

        return ((await ClosingsAsync(cancellationToken)).Single(closing => closing.Month == month), isNew);
    }

    /// <summary>The closed months, in their order.</summary>
    public async Task<IReadOnlyList<Closing>> ClosingsAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT month, closed_at, closed_by, digest FROM period_closings ORDER BY month");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var closings = new List<Closing>();
        while (await reader.ReadAsync(cancellationToken))
        {
            closings.Add(new(
                Month.Of(new(reader.GetFieldValue<DateOnly>(0), default, TimeSpan.Zero)), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2),
                reader.GetFieldValue<byte[]>(3)));
        }

        return closings;
    }

    private static NpgsqlParameter ModeParameter(Mode? mode) => new() { Value = (object?)mode?.Name() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
