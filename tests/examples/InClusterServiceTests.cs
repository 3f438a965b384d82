using System.Diagnostics;
#if ORLEANS
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Payments.Tests.Support;
#endif

namespace Payments.Tests.Examples;

/// <summary>The example of a service that calls grains directly, as a process of its own.</summary>
public sealed class InClusterServiceTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Payments.Examples.InClusterService.dll");

#if EMBEDDED
    [Fact]
    public async Task On_the_embedded_engine_it_says_what_it_needs()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Program]) { RedirectStandardError = true })!;
        Assert.Contains("GRAIN_ENGINE=orleans", await process.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        await process.WaitForExitAsync();
        Assert.Equal(2, process.ExitCode);
    }
#else
    [Fact]
    public async Task Killed_in_the_middle_and_run_again_it_charges_posts_and_refunds_exactly_once()
    {
        const int Orders = 120;
        await using var system = await RunningSystem.StartAsync(nodes: 2);
        using var orders = new OrderFile(Enumerable.Range(1, Orders).Select(i => new
        {
            number = $"order-{i}",
            amount = 1000 + i,
            currency = "EUR",
            paymentMethod = i % 10 == 0 ? "tok_decline_insufficient_funds" : i % 10 == 5 ? "tok_lost_answer_charged" : "tok_approve",
            refund = i % 4 == 0 ? 300 : (int?)null,
        }));

        // A crash that leaves orders at every step.
        using (var first = await RunAsync(system, orders))
        {
            await first.SaysAsync(lines: 20);
            first.Process.Kill();
            await first.Process.WaitForExitAsync();
        }

        using var second = await RunAsync(system, orders);
        var said = await second.ToTheEndAsync();
        Assert.Equal((0, Orders), (second.Process.ExitCode, said.Count));
        const int Declined = Orders / 10, Refunded = (Orders / 4) - (Orders / 20);
        Assert.Equal(Declined, said.Count(line => line.EndsWith(": declined", StringComparison.Ordinal)));
        Assert.Equal(Refunded, said.Count(line => line.EndsWith(": succeeded, entry posted, refund succeeded", StringComparison.Ordinal)));
        Assert.Equal(Orders - Declined - Refunded, said.Count(line => line.EndsWith(": succeeded, entry posted", StringComparison.Ordinal)));

        // A third run finds all of it done, and changes nothing.
        var effects = (await system.EffectsAsync()).Count;
        using var third = await RunAsync(system, orders);
        Assert.Equal(said.Order(), (await third.ToTheEndAsync()).Order());
        Assert.Equal(effects, (await system.EffectsAsync()).Count);

        var succeeded = Enumerable.Range(1, Orders).Where(i => i % 10 != 0).ToArray();
        Assert.Equal(Orders, await system.CountAsync("SELECT count(*) FROM payments"));
        Assert.Equal(succeeded.Sum(i => 1000L + i), await system.CountAsync("SELECT sum(captured)::bigint FROM payments"));
        Assert.Equal(300L * Refunded, await system.CountAsync("SELECT sum(refunded)::bigint FROM payments"));
        using var client = system.Client(0);
        var till = await client.GetFromJsonAsync<JsonElement>($"v1/ledger/accounts/merchant:{RunningSystem.MerchantId}:assets:orders:EUR");
        Assert.Equal(succeeded.Sum(i => 1000L + i), till.GetProperty("balance").GetInt64());
        var report = await system.VerifyAsync();
        Assert.True(report.Passed, string.Join('\n', report.Breaches));
    }

    [Fact]
    public async Task Told_to_stop_it_ends_its_waiting_and_no_payment()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 1);
        using var orders = new OrderFile([new { number = "slow", amount = 1000, currency = "EUR", paymentMethod = "tok_slow" }]);
        using var service = await RunAsync(system, orders);
        await Eventually.BecomesAsync(1L, () => system.CountAsync("SELECT count(*) FROM payments WHERE status = 'processing'"));
        using (var kill = Process.Start("kill", ["-TERM", $"{service.Process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        Assert.Equal(["stopped"], await service.ToTheEndAsync());
        Assert.Equal(0, service.Process.ExitCode);
        await Eventually.BecomesAsync("succeeded", () => system.TextAsync("SELECT status FROM payments"), TimeSpan.FromSeconds(60));

        using var again = await RunAsync(system, orders);
        Assert.Equal(["slow: succeeded, entry posted"], await again.ToTheEndAsync());
        Assert.Single(await system.EffectsAsync());
    }

    private static async Task<Service> RunAsync(RunningSystem system, OrderFile orders)
    {
        var start = new ProcessStartInfo("dotnet", [Program, orders.Path]) { RedirectStandardOutput = true };
        start.Environment["PAYMENTS_DATABASE"] = await system.Postgres.AppAsync();
        start.Environment["PAYMENTS_MERCHANT"] = RunningSystem.MerchantId;
        return new(System.Diagnostics.Process.Start(start)!);
    }

    private sealed class OrderFile : IDisposable
    {
        public OrderFile(IEnumerable<object> orders) => File.WriteAllLines(Path, orders.Select(order => JsonSerializer.Serialize(order)), new UTF8Encoding(false));

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }

    private sealed class Service(Process process) : IDisposable
    {
        public Process Process => process;

        public async Task SaysAsync(int lines)
        {
            for (; lines > 0; lines--)
            {
                Assert.NotNull(await process.StandardOutput.ReadLineAsync());
            }
        }

        public async Task<List<string>> ToTheEndAsync()
        {
            var said = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList();
            await process.WaitForExitAsync();
            return said;
        }

        public void Dispose()
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }
    }
#endif
}
