using System.Globalization;
using System.Text.RegularExpressions;
using Payments.Benchmarks.Report;
using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks.Full;

/// <summary>What accountants and auditors wait for, with the product's own month: import, reconciliation, a report, the audit.</summary>
internal static partial class BooksOfAMonth
{
    private const string Database = "payments_month";
    private const double Million = 1_000_000;
    private const string Month = "month";
    private const string Report = "report of each change of balance";
    private const string Verify = "verify";

    // Seconds for a million payments, lines or entries, and MiB for any number.
    private static readonly (string Name, double Seconds, double Memory)[] Limits = [(Month, 120, 500), (Report, 60, 300), (Verify, 60, 300)];

    public static async Task MeasureAsync(Cluster cluster, string folder, Plan plan, Series series, Action<string> progress)
    {
        progress($"books: a month of {plan.Lines:N0} payments");
        var month = await ChildProcess.MeasureAsync("dotnet", [Programs.Tools, "month", "--payments", $"{plan.Lines}", "--keep"], cluster.OwnersEnvironment);
        Add(Month, Lap(month.Output, "import") + Lap(month.Output, "reconciliation"), month.Peak, plan.Lines);

        var app = new Dictionary<string, string> { ["PAYMENTS_DATABASE"] = cluster.App(Database) };
        progress("books: report");
        var file = Path.Combine(folder, "report.csv");
        var report = await ChildProcess.MeasureAsync("dotnet", [Programs.Tools, "report", "run", "balance_change_from_activity.itemized", "--output", file], app);
        var lines = File.ReadLines(file).LongCount() - 1;
        series.Add("lines of the report", lines);
        Add(Report, report.Time.TotalSeconds, report.Peak, lines);

        progress("books: verify");
        var verify = await ChildProcess.MeasureAsync("dotnet", [Programs.Tools, "verify", "--state", folder], app);
        var entries = await cluster.ScalarAsync<long>(Database, "SELECT count(*) FROM payments.journal_entries");
        series.Add("entries of the books", entries);
        Add(Verify, verify.Time.TotalSeconds, verify.Peak, entries);
        await cluster.ExecuteAsync("postgres", $"DROP DATABASE {Database}");

        void Add(string name, double seconds, long peak, long of)
        {
            var (_, limit, memory) = Limits.Single(one => one.Name == name);
            series.Add(Time(name), seconds);
            series.Add(Limit(Time(name)), limit * of / Million);
            series.Add(Memory(name), peak / 1048576.0);
            series.Add(Limit(Memory(name)), memory);
        }
    }

    public static IEnumerable<Measure?> Measures(Series series) =>
    [
        .. Limits.SelectMany(one => new[]
        {
            series.Against(Time(one.Name), "s", Limit(Time(one.Name)), 1, isCeiling: true),
            series.Against(Memory(one.Name), "MiB", Limit(Memory(one.Name)), 1, isCeiling: true),
        }),
        series.Alone("lines of the report", ""),
        series.Alone("entries of the books", ""),
    ];

    private static string Time(string name) => name == Month ? "import and reconciliation of a month" : name;

    private static string Memory(string name) => $"{Time(name)}: memory";

    private static string Limit(string name) => $"limit of {name}";

    private static double Lap(string output, string name) => Laps().Matches(output).FirstOrDefault(lap => lap.Groups[1].Value == name) is { } found
        ? double.Parse(found.Groups[2].Value, CultureInfo.InvariantCulture)
        : throw new BenchException($"The month does not say how long its {name} took:\n{output}");

    [GeneratedRegex(@"(\w+) ([\d.]+) s[,.]")]
    private static partial Regex Laps();
}
