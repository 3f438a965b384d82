using System.Net.Http.Headers;
using System.Text.Json;
using Payments.Benchmarks.Load;
using Payments.Benchmarks.Report;
using Payments.Benchmarks.Systems;

namespace Payments.Benchmarks.Full;

/// <summary>Reading payments while charges go on at half the peak.</summary>
internal static class Reads
{
    private const int InFlight = 256;
    private const int Readers = 32;
    private const int Merchants = 50;
    private const string One = "GET of a payment under write load";
    private const string List = "list of 20 payments under write load";

    public static async Task MeasureAsync(PaymentsSystem system, string file, Plan plan, Series series, Action<string> progress)
    {
        progress("reads");
        var peak = await HttpLoadProcess.ChargeAsync(system, system.Keys, InFlight, null, FullBench.WarmUp);
        var keys = File.ReadLines(system.Keys).Take(Merchants).ToArray();
        await File.WriteAllLinesAsync(file + "-list", keys.Select(key => $"{key} /v1/payments?limit=20"));
        await File.WriteAllLinesAsync(file + "-one", await PaymentsAsync(system, keys));
        for (var round = 0; round < plan.Rounds; round++)
        {
            foreach (var (name, requests) in new[] { (One, file + "-one"), (List, file + "-list") })
            {
                var writes = HttpLoadProcess.ChargeAsync(system, system.Keys, 0, peak.PerSecond / 2, plan.Seconds + 1);
                var reads = await HttpLoadProcess.ReadAsync(system, requests, Readers, plan.Seconds);
                await writes;
                series.Add(name, reads.PerSecond);
                series.Add($"{name}: p99", reads.P99);
            }
        }
    }

    public static IEnumerable<Measure?> Measures(Series series) =>
        new[] { One, List }.SelectMany(name => new[] { series.Alone(name, "/s"), series.Alone($"{name}: p99", "ms") });

    private static async Task<IReadOnlyList<string>> PaymentsAsync(PaymentsSystem system, IEnumerable<string> keys)
    {
        using var http = new HttpClient { BaseAddress = system.Urls[0] };
        var lines = new List<string>();
        foreach (var key in keys)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/payments?limit=100") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
            using var answer = await http.SendAsync(request);
            using var page = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
            lines.AddRange(page.RootElement.GetProperty("data").EnumerateArray().Select(payment => $"{key} /v1/payments/{payment.GetProperty("id").GetString()}"));
        }

        return lines;
    }
}
