using System.Diagnostics;
using Orleans;
using Payments.Domain;
using Payments.Gateways;
using Payments.Grains;
using Payments.Silo;
using Payments.Storage;

namespace Payments.Benchmarks.Load;

/// <summary>A node whose grains are called from within: no HTTP, and a processor that approves everything at once. Told on its input what to do, a line each.</summary>
internal sealed class GrainLoad(IGrainFactory grains, IPaymentStore store, IHostApplicationLifetime lifetime) : BackgroundService
{
    private const int Accounts = 1_000;

    private long next;

    public static Task<int> RunAsync() => Node.RunAsync([], services => services
        .AddSingleton<IGatewayDirectory, InstantProcessor>()
        .AddHostedService<GrainLoad>());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var merchants = (Environment.GetEnvironmentVariable("BENCH_MERCHANTS") ?? "").Split(',');
        var ready = new TaskCompletionSource();
        lifetime.ApplicationStarted.Register(ready.SetResult);
        await ready.Task;
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync(stoppingToken) is { } line)
        {
            var words = line.Split(' ');
            var (what, inFlight, seconds) = (words[0], int.Parse(words[1]), double.Parse(words[2]));
            var act = what == "charges" ? Charges(merchants) : await EntriesAsync(merchants[0], isHot: what == "hot-entries");
            Console.WriteLine((await LoopAsync(inFlight, TimeSpan.FromSeconds(seconds), act)).ToJson());
        }

        lifetime.StopApplication();
    }

    private Func<long, Task<string?>> Charges(string[] merchants) => async number =>
    {
        var (merchant, id) = (merchants[number % merchants.Length], Guid.CreateVersion7());
        var payment = grains.GetGrain<IPaymentGrain>(GrainKeys.Payment(merchant, id));
        var reply = await payment.ChargeAsync(new() { Amount = 1999, Currency = "EUR", PaymentMethod = "tok_approve" });
        while (reply.Payment?.Status == PaymentStatus.Processing.Name())
        {
            reply = await payment.WaitAsync(null, TimeSpan.FromSeconds(10), CancellationToken.None);
        }

        return reply.Payment?.Status == PaymentStatus.Succeeded.Name() ? null : $"{reply.Kind} {reply.Code} {reply.Payment?.Status}";
    };

    // From one account to one of many, or between any two of many.
    private async Task<Func<long, Task<string?>>> EntriesAsync(string merchant, bool isHot)
    {
        string Account(long i) => $"merchant:{merchant}:assets:a{i}:EUR";
        if (await store.AccountAsync(Account(Accounts - 1), CancellationToken.None) is null)
        {
            for (var i = 0; i < Accounts; i++)
            {
                await grains.GetGrain<ILedgerAccountGrain>(GrainKeys.LedgerAccount(Account(i))).OpenAsync(null);
            }
        }

        return async number =>
        {
            var from = isHot ? 0 : number * 7919 % Accounts;
            var to = (number % (Accounts - 1)) + 1;
            var entry = grains.GetGrain<ILedgerEntryGrain>(GrainKeys.LedgerEntry(merchant, Guid.CreateVersion7()));
            var reply = await entry.PostAsync(new() { Postings = [new(Account(from), -100), new(Account(from == to ? 0 : to), 100)] });
            return reply.Kind == ReplyKind.Accepted ? null : $"{reply.Kind} {reply.Code} {reply.Field} {reply.Rule}";
        };
    }

    private async Task<LoadResult> LoopAsync(int inFlight, TimeSpan time, Func<long, Task<string?>> act)
    {
        var (clock, all, failed, firstFailure) = (Stopwatch.StartNew(), new List<long>[inFlight], 0L, (string?)null);
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(i => Task.Run(async () =>
        {
            var ticks = all[i] = [];
            while (clock.Elapsed < time)
            {
                var started = clock.Elapsed;
                var failure = await act(Interlocked.Increment(ref next));
                if (failure is not null)
                {
                    Interlocked.Increment(ref failed);
                    Interlocked.CompareExchange(ref firstFailure, failure, null);
                }
                else if (clock.Elapsed < time)
                {
                    ticks.Add((clock.Elapsed - started).Ticks);
                }
            }
        })));
        return LoadResult.Of([.. all.SelectMany(list => list)], time.TotalSeconds, failed, firstFailure);
    }
}
