using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Payments.Benchmarks.Report;

/// <summary>The table on the screen, and the file with all that it is made of.</summary>
internal sealed record BenchResults(
    DateTimeOffset At, Machine Machine, double SecondsARound, int Rounds, IReadOnlyList<Measure> Measures, IReadOnlyDictionary<string, List<double>> Series,
    IReadOnlyList<string> Warnings)
{
    // A file has no width of its own.
    private const int FileWidth = 160;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public async Task SaveAsync(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(this, Json));
    }

    public void Print()
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = FileWidth;
        }

        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine($"{Machine.Processor}, {Machine.Cores} cores, {Machine.MemoryBytes >> 30} GiB; {Machine.Runtime}; engine {Machine.Engine}");
        AnsiConsole.WriteLine($"PostgreSQL {string.Join(", ", Machine.Postgres.Select(setting => $"{setting.Key} {setting.Value}"))}");
        AnsiConsole.WriteLine($"Medians of {Rounds} interleaved rounds of {SecondsARound.ToString(CultureInfo.InvariantCulture)} s.");
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("measured");
        foreach (var name in new[] { "figure", "reference", "ratio", "reach", "spread" })
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (var measure in Measures)
        {
            table.AddRow(
                Markup.Escape(measure.Name),
                Markup.Escape($"{Number(measure.Figure)} {measure.Unit}"),
                measure.Reference is { } reference ? Markup.Escape($"{Number(reference)} ({measure.ReferenceName})") : "",
                measure.Ratio is { } ratio ? $"{(measure.IsReached == false ? "[red]" : measure.IsReached == true ? "[green]" : "[default]")}{Number(ratio)}[/]" : "",
                measure.Reach is { } reach ? $"{(measure.IsCeiling ? "≤" : "≥")} {Number(reach)}" : "",
                $"±{measure.Spread / 2 * 100:0} %");
        }

        AnsiConsole.Write(table);
        foreach (var warning in Warnings)
        {
            AnsiConsole.MarkupLine($"[yellow]{Markup.Escape(warning)}[/]");
        }
    }

    private static string Number(double value) => Math.Abs(value) >= 100
        ? value.ToString("#,0", CultureInfo.InvariantCulture)
        : value.ToString(Math.Abs(value) >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
