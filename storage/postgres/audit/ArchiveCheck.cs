using System.Collections.Immutable;
using System.Security.Cryptography;
using Npgsql;
using Payments.Domain;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>
/// Months that have left: what is signed of each is still what is here, and with what is here it comes to what the books say. The other checks begin from it, so it must be seen
/// that nobody changed it.
/// </summary>
internal sealed class ArchiveCheck
{
    // What a row says it went through, beside what is signed of what left and what is here.
    private const string Counts = """
        SELECT 'payments', (SELECT count(*) FROM payments.payments), (SELECT count(*) FROM audit WHERE version = 1)
        UNION ALL SELECT 'changes of payments', (SELECT coalesce(sum(version), 0)::bigint FROM payments.payments), (SELECT count(*) FROM audit)
        UNION ALL SELECT 'events of payments', (SELECT coalesce(sum(event_seq), 0)::bigint FROM payments.payments), (SELECT count(*) FROM event)
        UNION ALL SELECT 'events of merchants', (SELECT coalesce(sum(event_seq), 0)::bigint FROM payments.merchants), (SELECT count(*) FROM event)
        UNION ALL SELECT 'payouts', (SELECT count(*) FROM payments.payouts), (SELECT count(*) FROM payout_audit WHERE version = 1)
        UNION ALL SELECT 'changes of payouts', (SELECT coalesce(sum(version), 0)::bigint FROM payments.payouts), (SELECT count(*) FROM payout_audit)
        """;

    private const string Totals = """
        SELECT format('What account %s came to until %s begins with number %s and %s, and the month before ends with number %s and %s.',
                      a.id, to_char(month, 'YYYY-MM'), first, opening, seq_before, balance_before)
        FROM (SELECT v.*, lag(seq, 1, 0::bigint) OVER w AS seq_before, lag(balance, 1, 0::bigint) OVER w AS balance_before
              FROM payments.archived_accounts v WINDOW w AS (PARTITION BY account_no ORDER BY seq)) v JOIN payments.accounts a ON a.no = v.account_no
        WHERE first <> seq_before + 1 OR opening <> balance_before
        UNION ALL
        SELECT format('What is archived of %s is off by %s minor units of %s.', to_char(v.month, 'YYYY-MM'), sum(v.balance - v.opening), a.currency)
        FROM payments.archived_accounts v JOIN payments.accounts a ON a.no = v.account_no GROUP BY v.month, a.currency HAVING sum(v.balance - v.opening) <> 0
        UNION ALL
        SELECT format('%s totals are of months that are not archived.', count(*)) FROM payments.archived_accounts
        WHERE month > (SELECT max(month) FROM payments.archives) HAVING count(*) > 0
        UNION ALL
        SELECT format('The partition of %s for %s is missing, and the month is not archived.', t.parent, to_char(m.month, 'YYYY-MM'))
        FROM (VALUES ('postings'), ('payment_audit'), ('payout_audit'), ('events'), ('evidence')) t (parent)
        CROSS JOIN (SELECT DISTINCT month FROM payments.kept_months() WHERE month > (SELECT max(month) FROM payments.archives)) m
        LEFT JOIN payments.kept_months() k ON k.parent = t.parent AND k.month = m.month WHERE k.month IS NULL
        """;

    private readonly IReadOnlyList<(ArchivedMonth Row, ArchiveDocument? Document)> months;
    private readonly AuditScope scope;
    private readonly bool countsAll;

    private ArchiveCheck(Findings.Check check, IReadOnlyList<(ArchivedMonth, ArchiveDocument?)> months, bool countsAll)
    {
        (Check, this.months, this.countsAll) = (check, months, countsAll);
        scope = new(null, Left, Heads);
    }

    public Findings.Check Check { get; }

    /// <summary>The newest month that has left.</summary>
    public Month Left => months[^1].Row.Month;

    /// <summary>The heads at its end.</summary>
    public ImmutableArray<ChainHead> Heads => months[^1].Document?.Heads ?? [];

    public ImmutableArray<string> Notes { get; private set; } = [];

    /// <summary>Looks at the signatures; null: no month has left, and none is known to have.</summary>
    /// <exception cref="AuditNotPossibleException">There is no public key, or the checkpoint to begin from is older than what has left.</exception>
    public static async Task<ArchiveCheck?> BeginAsync(
        NpgsqlConnection connection, AuditOptions options, Findings findings, Checkpoint? since, CancellationToken cancellationToken)
    {
        var rows = await ArchivedMonths.ListAsync(connection, cancellationToken);
        var exported = options.StateDirectory is { } state && Directory.Exists(Archiver.StateFolder(state))
            ? Directory.EnumerateFiles(Archiver.StateFolder(state), "*.json").Order(StringComparer.Ordinal).ToArray()
            : [];
        if (rows.Count == 0 && exported.Length == 0)
        {
            return null;
        }

        var check = findings.Begin("archives", "archived months", "what is signed of months that have left is unchanged, and adds up with what is here");
        if (rows.Count == 0)
        {
            check.Breach($"{exported.Length} months were archived, and the database knows of none: their rows were removed, or the database is an older copy.");
            return null;
        }

        using var key = CheckpointKey.Verifier(options.StateDirectory) ?? throw new AuditNotPossibleException(
            $"{rows[^1].Month} is archived: what is signed of it can be trusted only with its public key. Name the state folder that holds checkpoint_key.pub.pem.");
        var months = rows.Select(row => (row, Read(row, key, check))).ToArray();
        for (var i = 0; i < months.Length; i++)
        {
            var previous = i == 0 ? null : ArchiveDocument.DigestOf(months[i - 1].row.Signed.Document);
            if (months[i].Item2 is { } document && document.Previous != previous)
            {
                check.Breach($"The archive of {rows[i].Month} does not follow the one before it here: an archive was replaced, added or removed.");
            }
        }

        Compare(exported, rows, check);
        if (since is not null && months[^1].Item2 is { } newest)
        {
            var later = since.Heads().ToDictionary(head => head.Writer, head => head.N);
            if (newest.Heads.Any(head => later.GetValueOrDefault(head.Writer) < head.N))
            {
                throw new AuditNotPossibleException($"Checkpoint {since.No} is older than the archive of {rows[^1].Month}: what came between is not here. Begin from a later one, or audit everything.");
            }
        }

        return new(check, months, since is null) { Notes = await NotesAsync(connection, cancellationToken) };
    }

    public async Task RunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var looked = 0L;
        Month? before = null;
        foreach (var (row, document) in months)
        {
            var (accounts, digest) = await ArchivedTotals.DigestAsync(connection, before, row.Month, cancellationToken);
            if (document is not null && (accounts != document.Accounts || digest != document.Totals))
            {
                Check.Breach($"What accounts came to in {row.Month} is not what was signed: {accounts} totals are here, and {document.Accounts} were signed.");
            }

            (before, looked) = (row.Month, looked + accounts);
        }

        await BreachesAsync(connection, Totals, cancellationToken);
        await CheckHeadsAsync(connection, cancellationToken);
        if (countsAll && months[^1].Document is { } newest)
        {
            await CountAsync(connection, newest.Counts, cancellationToken);
        }

        Check.Done(looked);
    }

    private static ArchiveDocument? Read(ArchivedMonth row, ECDsa key, Findings.Check check)
    {
        if (!key.Vouches(row.Signed))
        {
            check.Breach($"The archive of {row.Month} has a wrong signature: it was forged or changed, or signed with a key of another state folder.");
        }

        try
        {
            var document = ArchiveDocument.Read(row.Signed.Document);
            if (document.Month != $"{row.Month}" || document.ArchivedAt != ArchiveDocument.Instant(row.ArchivedAt) || document.ArchivedBy != row.ArchivedBy || row.Signed.KeyId != key.Id())
            {
                check.Breach($"The archive of {row.Month} is not the row that was signed: month, time, person or key were changed.");
            }

            return document;
        }
        catch (FormatException)
        {
            check.Breach($"The archive of {row.Month} is unreadable.");
            return null;
        }
    }

    // Exported only once they are stored.
    private static void Compare(string[] exported, IReadOnlyList<ArchivedMonth> rows, Findings.Check check)
    {
        foreach (var file in exported)
        {
            try
            {
                var name = Path.GetFileNameWithoutExtension(file);
                if (rows.FirstOrDefault(row => $"{row.Month}" == name) is not { } known || known.Signed != SignedArchive.Import(File.ReadAllText(file)))
                {
                    check.Breach($"The archive of {name} in the database is not the one that was exported to {file}, or is gone.");
                }
            }
            catch (FormatException)
            {
                check.Breach($"{file} is no readable archive.");
            }
        }
    }

    private static async Task<ImmutableArray<string>> NotesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT DISTINCT to_char(month, 'YYYY-MM') FROM payments.kept_months() JOIN payments.archives USING (month) ORDER BY 1", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var notes = ImmutableArray.CreateBuilder<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            notes.Add($"{reader.GetString(0)} is archived, and a part of it still lies in the database: run `payments archive {reader.GetString(0)}` again.");
        }

        return notes.DrainToImmutable();
    }

    private async Task BreachesAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = scope.Command(connection, sql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            Check.Breach(reader.GetString(0));
        }
    }

    // The batches that left left their seals: none may be missing, and the last of each chain is the one that was signed.
    private async Task CheckHeadsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT h.writer, h.n, encode(s.hash, 'hex'), (SELECT count(*) FROM payments.ledger_seals l WHERE l.writer = h.writer AND l.n <= h.n)
            FROM unnest($1, $2) AS h (writer, n) LEFT JOIN payments.ledger_seals s ON s.writer = h.writer AND s.n = h.n
            """, connection) { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = Heads.Select(head => head.Writer).ToArray() });
        command.Parameters.Add(new() { Value = Heads.Select(head => head.N).ToArray() });
        var signed = Heads.ToDictionary(head => head.Writer, head => head.Hash);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (writer, n, seals) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(3));
            if (reader.IsDBNull(2) || reader.GetString(2) != signed[writer])
            {
                Check.Breach($"The chain of writer {writer} ended {Left} with batch {n}, and that is gone, or has another hash.");
            }
            else if (seals != n)
            {
                Check.Breach($"Of the {n} batches that writer {writer} wrote until the end of {Left}, {seals} are sealed here.");
            }
        }
    }

    private async Task CountAsync(NpgsqlConnection connection, ArchiveCounts left, CancellationToken cancellationToken)
    {
        var gone = new Dictionary<string, long>
        {
            ["payments"] = left.Payments,
            ["changes of payments"] = left.Audit,
            ["events of payments"] = left.Events,
            ["events of merchants"] = left.Events,
            ["payouts"] = left.Payouts,
            ["changes of payouts"] = left.PayoutAudit,
        };
        await using var command = scope.Command(connection, Counts);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (what, said, here) = (reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2));
            if (said != gone[what] + here)
            {
                Check.Breach($"The rows speak of {said} {what}; {gone[what]} have left and {here} are here.");
            }
        }
    }
}
