using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Payments.Domain;
using Payments.Simulation;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Support;

namespace Payments.Tests.Seeds;

/// <summary>What the grains asked of the simulated database, asked of PostgreSQL as well: every answer must be the same.</summary>
public sealed class DifferentialTests
{
    public static TheoryData<long> Seeds => [.. Enumerable.Range(0, 8).Select(i => 9_000L + i)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task PostgreSQL_answers_every_recorded_command_as_the_simulated_database_does(long seed)
    {
        var recording = new List<(Commit Commit, CommitResult Result)>();
        var form = new Form(seed);
        Assert.Null(SimulatedRun.Of(form, recording: recording).Violation);
        Assert.InRange(recording.Count, 10, 1000);

        await using var database = await TestDatabase.CreateAsync();
        await using var reading = Connections.ForReading(database.App);
        await using var writing = Connections.ForWriting(database.App);
        await using var committer = new GroupCommitter(writing, new() { Node = "replay" }, TimeProvider.System, NullLogger<GroupCommitter>.Instance);
        await committer.StartAsync(CancellationToken.None);
        var (postgres, journal) = (new PostgresStore(reading, committer), new LedgerQueries(reading));
        var tables = new SimulatedDatabase();
        var simulated = new SteppedStore(tables);
        foreach (var merchant in Scenario.Of(form).Merchants)
        {
            var (id, fee) = (merchant.Id, merchant.Fee);
            await database.ExecuteAsync(
                $"""
                INSERT INTO merchants (id, name, mode, salt, fee_basis_points, fee_fixed, fee_returned_on_refund, created_at)
                VALUES ('{id}', 'Simulated', 'test', decode(repeat('00', 32), 'hex'), {fee.BasisPoints}, {fee.Fixed}, {fee.ReturnedOnRefund}, now())
                ON CONFLICT (id) DO UPDATE SET fee_basis_points = excluded.fee_basis_points, fee_fixed = excluded.fee_fixed, fee_returned_on_refund = excluded.fee_returned_on_refund
                """);
            tables.Add(new(id, "Simulated", "test", [.. new byte[32]], fee.BasisPoints, fee.Fixed, fee.ReturnedOnRefund));
            var (asset, liability) = EntryClient.Accounts(id);
            (string Account, long? Minimum)[] accounts =
                [(asset, 0), (liability, 0), ($"merchant:{id}:balance:EUR", merchant.Minimum), ($"merchant:{id}:balance:JPY", merchant.Minimum)];
            foreach (var (account, minimum) in accounts)
            {
                Assert.True(await postgres.OpenAccountAsync(AccountId.Parse(account), minimum, CancellationToken.None));
                Assert.True(await simulated.OpenAccountAsync(AccountId.Parse(account), minimum, CancellationToken.None));
            }
        }

        foreach (var (commit, result) in recording)
        {
            Assert.Equal(result, await simulated.CommitAsync(commit));
            Assert.Equal(result, await postgres.CommitAsync(commit));
            if (commit.Payment is { } payment)
            {
                Assert.Equal(
                    Rows(await simulated.LoadAsync(payment.MerchantId, payment.Id, CancellationToken.None)),
                    Rows(await postgres.LoadAsync(payment.MerchantId, payment.Id, CancellationToken.None)));
                await SameAsync(store => store.DueAsync(commit.At, 0, 1, null, 3, CancellationToken.None));
            }

            if (commit.Entry is { } entry)
            {
                Assert.Equal(
                    Lines(await simulated.EntryAsync(entry.MerchantId, entry.Id, CancellationToken.None)),
                    Lines(await journal.EntryAsync(entry.MerchantId, entry.Id, CancellationToken.None)));
                foreach (var posting in entry.Postings)
                {
                    Assert.Equal(
                        await simulated.AccountAsync(posting.Account, CancellationToken.None), await postgres.AccountAsync(posting.Account, CancellationToken.None));
                }
            }
        }

        async Task SameAsync<T>(Func<IPaymentStore, Task<T>> ask) => Assert.Equal(await ask(simulated), await ask(postgres));
    }

    private static string Rows(Payment? payment) => payment is null
        ? "none"
        : string.Join('\n', payment.Operations.Select((operation, position) => JsonSerializer.Serialize(operation.ToRow(position))).Prepend(JsonSerializer.Serialize(payment.ToRow())));

    // When it was posted is each database's own to say.
    private static string Lines(EntryDetails? entry) => entry is null
        ? "none"
        : $"{entry with { PostedAt = default, Postings = [] }}: {string.Join(", ", entry.Postings)}";
}
