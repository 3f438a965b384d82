using Npgsql;
using Payments.Benchmarks.Systems;
using Spectre.Console;

namespace Payments.Benchmarks.Report;

/// <summary>Which statements PostgreSQL spent its time on, by pg_stat_statements.</summary>
internal sealed class StatementProfile(Cluster cluster)
{
    private const int Most = 25;

    public static async Task<StatementProfile> StartAsync(Cluster cluster, string folder)
    {
        await cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
        await ChildProcess.RunAsync(Programs.LocalPostgres, ["restart", folder]);
        await cluster.ExecuteAsync("postgres", "CREATE EXTENSION pg_stat_statements");
        return new(cluster);
    }

    /// <summary>The most expensive statements of a database, with the time of all together.</summary>
    public async Task PrintAsync(string database)
    {
        var table = new Table().Border(TableBorder.Simple).Title(database);
        foreach (var name in new[] { "share", "calls", "rows a call", "µs a call", "statement" })
        {
            table.AddColumn(name);
        }

        await using var connection = new NpgsqlConnection(cluster.Owner("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            SELECT s.total_exec_time / sum(s.total_exec_time) OVER (), s.calls, s.rows::float8 / s.calls, s.mean_exec_time * 1000, regexp_replace(s.query, '\s+', ' ', 'g')
            FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = $1 ORDER BY 1 DESC LIMIT $2
            """,
            connection)
        { Parameters = { new() { Value = database }, new() { Value = Most } } };
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var text = reader.GetString(4);
            table.AddRow(
                $"{reader.GetDouble(0) * 100:0.0} %", $"{reader.GetInt64(1):#,0}", $"{reader.GetDouble(2):0.0}", $"{reader.GetDouble(3):#,0}",
                Markup.Escape(text.Length > 90 ? text[..90] : text));
        }

        AnsiConsole.Write(table);
    }
}
