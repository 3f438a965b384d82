using System.Collections.Concurrent;
using Payments.Tests.Support;

namespace Payments.Tests.Gateways;

/// <summary>The simulator as it really runs: killed amid load, started again, stopped, refused its port.</summary>
public sealed class SimulatorProcessTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simulator-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task After_a_kill_amid_load_every_answered_effect_is_there_and_none_is_doubled()
    {
        const int Clients = 32;
        const int AnswersBeforeKill = 2_000;
        var address = FreePort.Address();
        var answered = new ConcurrentDictionary<string, string>();
        var unanswered = new ConcurrentBag<string>();
        var enough = new TaskCompletionSource();
        await using (var simulator = await SimulatorProcess.StartReadyAsync(address, folder))
        {
            using var client = new SimulatorClient(address);
            var load = Enumerable.Range(0, Clients).Select(async c =>
            {
                for (var n = 0; ; n++)
                {
                    var key = $"{c}-{n}";
                    try
                    {
                        answered[key] = (string)(await client.ChargeAsync(key, "tok_approve")).Body["id"]!;
                    }
                    catch (HttpRequestException)
                    {
                        unanswered.Add(key);
                        return;
                    }

                    if (answered.Count >= AnswersBeforeKill)
                    {
                        enough.TrySetResult();
                    }
                }
            }).ToList();
            await enough.Task;
            await simulator.KillAsync();
            await Task.WhenAll(load);
        }

        await using (await SimulatorProcess.StartReadyAsync(address, folder))
        {
            using var client = new SimulatorClient(address);
            var survived = (await client.EffectsAsync())
                .ToDictionary(effect => (string)effect["idempotency_key"]!, effect => (string)effect["id"]!);
            Assert.All(answered, answer => Assert.Equal(answer.Value, survived[answer.Key]));
            Assert.All(survived.Keys, key => Assert.True(answered.ContainsKey(key) || unanswered.Contains(key)));

            // Resent under their keys, all have one effect, whether they had it before the kill or not.
            foreach (var key in unanswered.Concat(answered.Keys.Take(100)))
            {
                Assert.Equal("approved", (string?)(await client.ChargeAsync(key, "tok_approve")).Body["status"]);
            }

            var effects = await client.EffectsAsync();
            Assert.Equal(answered.Count + unanswered.Count, effects.Count);
            Assert.Equal(effects.Count, effects.Select(effect => (string?)effect["idempotency_key"]).Distinct().Count());
        }
    }

    [Fact]
    public async Task After_a_kill_amid_captures_each_key_keeps_its_answer_and_the_authorization_its_limit()
    {
        const int Clients = 16;
        const int Limit = 1_000;
        var address = FreePort.Address();
        var answered = new ConcurrentDictionary<string, string>();
        var unanswered = new ConcurrentBag<string>();
        var enough = new TaskCompletionSource();
        string authorization;
        await using (var simulator = await SimulatorProcess.StartReadyAsync(address, folder))
        {
            using var client = new SimulatorClient(address);
            authorization = (string)(await client.AuthorizeAsync("a", amount: Limit)).Body["id"]!;
            var load = Enumerable.Range(0, Clients).Select(async c =>
            {
                for (var n = 0; ; n++)
                {
                    var key = $"{c}-{n}";
                    try
                    {
                        answered[key] = (await client.CaptureAsync(key, authorization, 1)).Body.ToJsonString();
                    }
                    catch (HttpRequestException)
                    {
                        unanswered.Add(key);
                        return;
                    }

                    if (answered.Count >= Limit / 2)
                    {
                        enough.TrySetResult();
                    }
                }
            }).ToList();
            await enough.Task;
            await simulator.KillAsync();
            await Task.WhenAll(load);
        }

        await using (await SimulatorProcess.StartReadyAsync(address, folder))
        {
            using var client = new SimulatorClient(address);
            foreach (var (key, answer) in answered)
            {
                Assert.Equal(answer, (await client.CaptureAsync(key, authorization, 1)).Body.ToJsonString());
            }

            await Parallel.ForEachAsync(
                unanswered.Concat(Enumerable.Range(0, Limit).Select(n => $"more-{n}")),
                async (key, _) => await client.CaptureAsync(key, authorization, 1));
            Assert.Equal("authorization_closed", (string?)(await client.CaptureAsync("last", authorization, 1)).Body["decline_code"]);
            var captures = (await client.EffectsAsync()).Where(effect => (string?)effect["kind"] == "capture").ToList();
            Assert.Equal(Limit, captures.Select(effect => (string?)effect["idempotency_key"]).Distinct().Count());
            Assert.Equal(Limit, captures.Sum(effect => (long)effect["amount"]!));
        }
    }

    [Fact]
    public async Task A_taken_port_ends_the_process_with_one_line_and_a_signal_ends_it_cleanly()
    {
        var address = FreePort.Address();
        await using var first = await SimulatorProcess.StartReadyAsync(address, folder);
        await using var second = SimulatorProcess.Start(address, Path.Combine(folder, "second"));
        var (code, errors) = await second.ExitAsync();
        Assert.NotEqual(0, code);
        Assert.Contains("SIMULATOR_URL", Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)));

        await first.TerminateAsync();
        Assert.Equal((0, ""), await first.ExitAsync());
    }
}
