using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Payments.Tests.Support;

namespace Payments.Tests.Telemetry;

/// <summary>What is documented is measured, and what alarms and dashboards name is documented.</summary>
public sealed partial class MetricsTests
{
    private static string Root => Repository.Root;

    [Fact]
    public void Every_metric_is_documented_and_every_documented_one_is_there()
    {
        var declared = new[] { "grains", "gateways", "storage", "silo", "hosting", "client-api" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Declaration().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value));
        Assert.Equal(Documented().Select(metric => metric.Name).Order(), declared.Order());
    }

    [Fact]
    public void Alarms_and_dashboards_name_only_what_is_measured()
    {
        var known = Documented().SelectMany(Exposed).ToHashSet();
        var asked = Directory.EnumerateFiles(Path.Combine(Root, "deploy/grafana/dashboards"), "*.json").Append(Path.Combine(Root, "deploy/prometheus/rules.yml"))
            .SelectMany(file => Named().Matches(File.ReadAllText(file)).Select(match => match.Value)).ToHashSet();
        Assert.Superset(new HashSet<string> { "payments_ledger_sum", "payments_gateway_duration_seconds_bucket" }, asked);
        Assert.Empty(asked.Except(known));
    }

    [Fact]
    public void Every_alarm_has_a_runbook_and_every_runbook_an_alarm()
    {
        var named = Runbook().Matches(File.ReadAllText(Path.Combine(Root, "deploy/prometheus/rules.yml"))).Select(match => match.Groups[1].Value).Distinct();
        Assert.Equal(Directory.EnumerateFiles(Path.Combine(Root, "docs/runbooks"), "*.md").Select(Path.GetFileNameWithoutExtension).Order(), named.Order());
    }

    [ToolFact("promtool")]
    public async Task Prometheus_takes_the_rules()
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "config", Path.Combine(Root, "deploy/prometheus/prometheus.yml")]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await promtool.StandardOutput.ReadToEndAsync() + await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        Assert.True(promtool.ExitCode == 0, said);
    }

    [Fact]
    public async Task A_node_tells_of_its_payments_under_the_names_that_are_documented()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 1);
        using var client = system.Client(0);
        var (_, payment, _) = await RunningSystem.PostAsync(client, "v1/payments", "order 1", new { amount = 1999, currency = "EUR", payment_method = "tok_approve" });
        await RunningSystem.PostAsync(client, $"v1/payments/{payment.GetProperty("id").GetString()}/refunds", "back", new { amount = 100 });
        await RunningSystem.PostAsync(client, "v1/payments", "order 2", new { amount = 1999, currency = "EUR", payment_method = "tok_decline_stolen_card" });

        // Without a key: whoever scrapes has none.
        using var anybody = new HttpClient { BaseAddress = system.Addresses[0] };
        var metrics = new Dictionary<string, double>();
        await Eventually.BecomesAsync(
            true, async () =>
            {
                metrics = Read(await anybody.GetStringAsync(new Uri("metrics", UriKind.Relative)));
                return metrics.Keys.Any(name => name.StartsWith("payments_ledger_sum", StringComparison.Ordinal));
            }, TimeSpan.FromSeconds(40));
        Assert.Equal(1, Value("payments_operations_total", "operation=\"charge\"", "outcome=\"succeeded\"", "gateway=\"simulator\""));
        Assert.Equal(1, Value("payments_operations_total", "operation=\"charge\"", "outcome=\"declined\""));
        Assert.Equal(1, Value("payments_operations_total", "operation=\"refund\"", "outcome=\"succeeded\""));
        Assert.Equal(3, Value("payments_attempts_total", "kind=\"send\"", "retry=\"false\""));
        Assert.Equal(2, Value("payments_gateway_duration_seconds_count", "operation=\"charge\""));
        Assert.Equal(0, Value("payments_ledger_sum", "currency=\"EUR\""));
        Assert.Equal(0, Value("payments_gateway_breaker"));
        Assert.InRange(Value("payments_watch_age_seconds", "watch=\"vitals\""), 0, 60);
        Assert.True(Value("payments_commits_total", "verdict=\"Committed\"") >= 6);

        // What each name becomes is as the documentation says, for all that has been measured by now.
        var known = Documented().SelectMany(Exposed).ToHashSet();
        Assert.DoesNotContain(metrics.Keys.Select(name => name.Split('{')[0]), name => name.StartsWith("payments_", StringComparison.Ordinal) && !known.Contains(name));

        double Value(string name, params string[] labels) =>
            metrics.Where(metric => metric.Key.Split('{')[0] == name && labels.All(label => metric.Key.Contains(label, StringComparison.Ordinal))).Sum(metric => metric.Value);
    }

    private static Dictionary<string, double> Read(string exposition) => exposition.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => line[0] != '#').Select(line => Sample().Match(line)).Where(match => match.Success)
        .ToDictionary(match => match.Groups[1].Value, match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));

    private static List<(string Name, string Kind)> Documented() =>
        [.. Row().Matches(File.ReadAllText(Path.Combine(Root, "docs/telemetry.md"))).Select(match => (match.Groups[1].Value, match.Groups[2].Value))];

    private static IEnumerable<string> Exposed((string Name, string Kind) metric)
    {
        var name = metric.Name.Replace('.', '_') + (metric.Kind.EndsWith(", s", StringComparison.Ordinal) ? "_seconds" : "");
        return metric.Kind.StartsWith("histogram", StringComparison.Ordinal) ? [$"{name}_bucket", $"{name}_sum", $"{name}_count"]
            : metric.Kind == "counter" ? [$"{name}_total"] : [name];
    }

    [GeneratedRegex("""Create(?:Counter|Histogram|ObservableGauge)(?:<\w+>)?\(\s*"(payments\.[a-z_.]+)""")]
    private static partial Regex Declaration();

    [GeneratedRegex("""^\| `(payments\.[a-z_.]+)`(?: \*)? \| ([a-z, ]+) \|""", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\bpayments_[a-z_]+")]
    private static partial Regex Named();

    [GeneratedRegex(@"docs/runbooks/([a-z-]+)\.md")]
    private static partial Regex Runbook();

    [GeneratedRegex(@"^([a-z_]+(?:\{.*\})?) ([0-9.eE+-]+)")]
    private static partial Regex Sample();
}
