using Npgsql;

namespace Payments.Storage.Postgres;

/// <summary>The system's vital signs, each of one statement and so of one snapshot.</summary>
public sealed class PostgresVitals(NpgsqlDataSource reading) : IVitals
{
    /// <inheritdoc/>
    public async Task<Vitals> LookAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (backlog, ledger, lag) = (new List<Backlog>(), new List<LedgerSum>(), TimeSpan.Zero);
        await using var command = reading.CreateCommand(
            """
            SELECT 'payment', count(*), min(next_action_at) FROM payments WHERE next_action_at <= $1
            UNION ALL SELECT 'payout', count(*), min(next_action_at) FROM payouts WHERE next_action_at <= $1
            UNION ALL SELECT 'inbox', count(*), min(received_at) FROM inbox WHERE next_try_at IS NOT NULL
            """);
        command.Parameters.Add(new() { Value = now });
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var age = reader.IsDBNull(2) ? TimeSpan.Zero : now - reader.GetFieldValue<DateTimeOffset>(2);
                if (reader.GetString(0) == "inbox")
                {
                    lag = age;
                }
                else
                {
                    backlog.Add(new(reader.GetString(0), reader.GetInt64(1), age));
                }
            }
        }

        await using var sums = reading.CreateCommand("SELECT currency, sum(balance)::text FROM accounts GROUP BY currency ORDER BY currency");
        await using (var reader = await sums.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                ledger.Add(new(reader.GetString(0), Int128.Parse(reader.GetString(1), System.Globalization.CultureInfo.InvariantCulture)));
            }
        }

        return new(backlog, lag, ledger);
    }
}
