using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Payments.Tests.Storage;

/// <summary>One access to a table in a plan that PostgreSQL carried out.</summary>
/// <param name="Rows">How many rows it read: those that it returned, and those that it looked at in vain.</param>
public sealed record TableAccess(string Node, string Table, double Rows, string Query);

/// <summary>Keeps the plans of whatever statements a data source carries out: the server hands each back as a notice (auto_explain), and Npgsql logs notices.</summary>
public sealed class PlanRecorder : ILoggerFactory, ILogger
{
    private const string Mark = "  plan:\n";

    private readonly ConcurrentQueue<string> plans = new();

    /// <summary>Lets a role's sessions in a database explain whatever they do, nested statements included.</summary>
    public static string Switch(string database, string role) => string.Concat(
        new[]
        {
            "session_preload_libraries = 'auto_explain'", "auto_explain.log_min_duration = 0", "auto_explain.log_format = json", "auto_explain.log_level = notice",
            "auto_explain.log_nested_statements = on", "auto_explain.log_analyze = on", "auto_explain.log_timing = off",
        }.Select(setting => $"ALTER ROLE {role} IN DATABASE {database} SET {setting};"));

    public NpgsqlDataSource Open(NpgsqlDataSourceBuilder builder) => builder.UseLoggerFactory(this).Build();

    /// <summary>The accesses to tables since the last call.</summary>
    public IReadOnlyList<TableAccess> Take()
    {
        var accesses = new List<TableAccess>();
        while (plans.TryDequeue(out var text))
        {
            using var json = JsonDocument.Parse(text);
            Read(json.RootElement.GetProperty("Plan"), json.RootElement.GetProperty("Query Text").GetString()!, accesses);
        }

        return accesses;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = formatter(state, exception);
        if (line.IndexOf(Mark, StringComparison.Ordinal) is var at and > 0)
        {
            plans.Enqueue(line[(at + Mark.Length)..]);
        }
    }

    public void Dispose()
    {
    }

    private static void Read(JsonElement node, string query, List<TableAccess> accesses)
    {
        if (node.TryGetProperty("Relation Name", out var table))
        {
            var loops = Number("Actual Loops");
            accesses.Add(new(
                node.GetProperty("Node Type").GetString()!, table.GetString()!,
                loops * (Number("Actual Rows") + Number("Rows Removed by Filter") + Number("Rows Removed by Index Recheck")), query));
        }

        if (node.TryGetProperty("Plans", out var children))
        {
            foreach (var child in children.EnumerateArray())
            {
                Read(child, query, accesses);
            }
        }

        double Number(string name) => node.TryGetProperty(name, out var value) ? value.GetDouble() : 0;
    }
}
