using Payments.Domain;
using Payments.Simulation;
using Payments.Storage;
using Payments.Tests.Storage;

namespace Payments.Tests.Seeds;

/// <summary>The simulated store keeps the contract that PostgreSQL keeps: what grains meet in a simulation is what they will meet.</summary>
public sealed class SimulatedStoreTests : StoreContractTests
{
    private readonly SimulatedDatabase database = new();

    public override Task DisposeAsync() => Task.CompletedTask;

    protected override Task<IPaymentStore> OpenAsync()
    {
        database.Add(new(Merchant, "Test", "test", [.. new byte[32]], 290, 30, false));
        return Task.FromResult<IPaymentStore>(new SteppedStore(database));
    }

    protected override Task SetMinimumAsync(string accountId, long minimum)
    {
        database.Open(AccountId.Parse(accountId), minimum);
        return Task.CompletedTask;
    }
}

/// <summary>A simulated store for callers on real threads: each of them moves its world on until it has its answer.</summary>
internal sealed class SteppedStore : IPaymentStore, IJournalQueries
{
    private readonly World world = new(1, slowTurns: 0, trace: null);
    private readonly SimulatedStore store;

    public SteppedStore(SimulatedDatabase database)
    {
        var scenario = Scenario.Of(new Form(1, Without: (Simulation.Faults)(-1)));
        var network = new SimulatedNetworkToDatabase(scenario, RandomStream.Of(1, "database"), []);
        store = new(database, new(world, world.Outside, network, new Counters(), (_, _) => { }));
    }

    public Task<CommitResult> CommitAsync(Commit commit) => RunAsync(() => store.CommitAsync(commit));

    public Task<Payment?> LoadAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken) =>
        RunAsync(() => store.LoadAsync(merchantId, paymentId, cancellationToken));

    public Task<IReadOnlyList<string>> TracesAsync(string merchantId, Guid paymentId, CancellationToken cancellationToken) =>
        RunAsync(() => store.TracesAsync(merchantId, paymentId, cancellationToken));

    public Task<MerchantRow?> MerchantAsync(string merchantId, CancellationToken cancellationToken) =>
        RunAsync(() => store.MerchantAsync(merchantId, cancellationToken));

    public Task<AccountRow?> AccountAsync(string accountId, CancellationToken cancellationToken) =>
        RunAsync(() => store.AccountAsync(accountId, cancellationToken));

    public Task<bool> OpenAccountAsync(AccountId account, long? minimum, CancellationToken cancellationToken) =>
        RunAsync(() => store.OpenAccountAsync(account, minimum, cancellationToken));

    public Task<IReadOnlyList<DuePayment>> DueAsync(
        DateTimeOffset now, int shard, int shards, DuePayment? after, int limit, CancellationToken cancellationToken) =>
        RunAsync(() => store.DueAsync(now, shard, shards, after, limit, cancellationToken));

    public Task<EntryDetails?> EntryAsync(string? merchantId, Guid entryId, CancellationToken cancellationToken) =>
        RunAsync(() => store.EntryAsync(merchantId, entryId, cancellationToken));

    private async Task<T> RunAsync<T>(Func<Task<T>> ask)
    {
        Task<T> answer;
        lock (world)
        {
            answer = ask();
        }

        await Task.Yield(); // so that those who ask at once are all in the queue
        lock (world)
        {
            while (!answer.IsCompleted)
            {
                Assert.True(world.Step(), "the store stands still");
            }
        }

        return await answer;
    }
}
