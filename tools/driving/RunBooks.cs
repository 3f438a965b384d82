using Npgsql;

namespace Payments.Tools.Driving;

/// <summary>What the books say of one run's payments, in one currency.</summary>
internal sealed record RunBooksLine(string Currency, long Payments, long Succeeded, long Captured, long Refunded);

/// <summary>Reads the books of one run.</summary>
internal static class RunBooks
{
    public static async Task<IReadOnlyList<RunBooksLine>> ReadAsync(NpgsqlDataSource database, string run, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            SELECT currency, count(*), count(*) FILTER (WHERE status = 'succeeded'), sum(captured)::bigint, sum(refunded)::bigint
            FROM payments WHERE reference LIKE $1 GROUP BY currency ORDER BY currency
            """);
        command.Parameters.Add(new() { Value = $"demo-{run}-%" });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var lines = new List<RunBooksLine>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lines.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)));
        }

        return lines;
    }
}
