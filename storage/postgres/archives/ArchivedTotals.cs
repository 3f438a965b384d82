using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>What accounts' postings of months that left came to: written once, by the statement here, and hashed as they lie there.</summary>
internal static class ArchivedTotals
{
    /// <summary>Adds up a month's partition. Its postings are numbered without a gap and carry the balance, so the first and the last say most of it.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, Month month, CancellationToken cancellationToken)
    {
        var part = ArchiveFiles.Partition("postings", month);
        await Archives.ExecuteAsync(connection, $"""
            INSERT INTO payments.archived_accounts (account_no, seq, month, first, opening, balance, posted_at, first_entry, settled, corrected)
            SELECT s.account_no, s.last, s.month, s.first, f.balance_after - f.amount, l.balance_after, l.posted_at, f.entry_id, s.settled, s.corrected
            FROM (SELECT p.account_no, date_trunc('month', p.posted_at AT TIME ZONE 'UTC')::date AS month, min(p.seq) AS first, max(p.seq) AS last,
                         coalesce(sum(p.amount) FILTER (WHERE e.kind = 'settlement'), 0) AS settled, coalesce(sum(p.amount) FILTER (WHERE e.kind = 'break_resolution'), 0) AS corrected
                  FROM payments.{part} p JOIN payments.journal_entries e ON e.id = p.entry_id GROUP BY 1, 2) s
            JOIN payments.{part} f ON f.account_no = s.account_no AND f.seq = s.first
            JOIN payments.{part} l ON l.account_no = s.account_no AND l.seq = s.last
            """, cancellationToken);
    }

    /// <summary>The rows that one archive added: those of the months behind the archive before it, until its own.</summary>
    public static async Task<(long Rows, string Digest)> DigestAsync(NpgsqlConnection connection, Month? before, Month month, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT format(E'%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n', a.id, v.account_no, v.seq, to_char(v.month, 'YYYY-MM'), v.first, v.opening, v.balance,
                to_char(v.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), v.first_entry, v.settled, v.corrected)
            FROM payments.archived_accounts v JOIN payments.accounts a ON a.no = v.account_no
            WHERE v.month <= $1 AND ($2::date IS NULL OR v.month > $2) ORDER BY v.account_no, v.seq
            """, connection) { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = Archives.Date(month) });
        command.Parameters.Add(new() { Value = before is { } earlier ? Archives.Date(earlier) : DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Date });
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = 0L;
        for (; await reader.ReadAsync(cancellationToken); rows++)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(reader.GetString(0)));
        }

        return (rows, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
