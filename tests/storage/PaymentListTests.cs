using Microsoft.Extensions.Logging.Abstractions;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Support;

namespace Payments.Tests.Storage;

/// <summary>Lists of payments on the real PostgreSQL.</summary>
public sealed class PaymentListTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = Domain.StateMachineTable.Start;

    private TestDatabase database = null!;
    private GroupCommitter committer = null!;
    private PostgresQueries queries = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        committer = new(Connections.ForWriting(database.App), new() { Node = "test" }, TimeProvider.System, NullLogger<GroupCommitter>.Instance);
        await committer.StartAsync(CancellationToken.None);
        var reading = Connections.ForReading(database.App);
        queries = new(reading);
    }

    public async Task DisposeAsync()
    {
        await committer.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Pages_are_newest_first_and_stay_as_they_were_while_payments_are_made()
    {
        // Several at each instant: the id decides between them.
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => MakeAsync(i, Start.AddSeconds(i / 3))));
        var all = await queries.PaymentsAsync(database.MerchantId, new(), null, 100, default);
        Assert.Equal(all.OrderByDescending(payment => payment.CreatedAt), all);
        var paged = new List<Guid>();
        PaymentPlace? after = null;
        for (var made = 100; await queries.PaymentsAsync(database.MerchantId, new(), after, 3, default) is { Count: > 0 } page; made++)
        {
            paged.AddRange(page.Select(payment => payment.Id));
            after = new(page[^1].CreatedAt, page[^1].Id);
            await MakeAsync(made, Start.AddHours(1));
        }

        Assert.Equal(all.Select(payment => payment.Id), paged);
        Assert.Empty(await queries.PaymentsAsync("mer_00000000000000000000000002", new(), null, 100, default));
    }

    [Fact]
    public async Task A_filter_shows_what_fits_and_nothing_else()
    {
        await MakeAsync(1, Start, command => command with { Reference = "order 1", Customer = "ann" });
        await MakeAsync(2, Start.AddDays(1), command => command with { Reference = "order 2", Customer = "ann", Amount = new(500, Currency.Of("JPY")) });
        var third = await MakeAsync(3, Start.AddDays(2), command => command with { Customer = "bob" });
        await committer.CommitAsync(((Decision.Accept)PaymentStateMachine.Decide(
            third, Domain.StateMachineTable.Answer(GatewayAnswerKind.Declined) with { OperationId = third.Charge.Id })).ToCommit());

        await ShowsAsync(new(Customer: "ann"), 2, 1);
        await ShowsAsync(new(Reference: "order 1"), 1);
        await ShowsAsync(new(Amount: 500), 2);
        await ShowsAsync(new(Status: "declined"), 3);
        await ShowsAsync(new(CreatedFrom: Start.AddDays(1), CreatedTo: Start.AddDays(2)), 2);
        await ShowsAsync(new(Customer: "ann", Status: "declined"));
    }

    private async Task<Payment> MakeAsync(int number, DateTimeOffset at, Func<ChargeCommand, ChargeCommand>? with = null)
    {
        var command = Domain.StateMachineTable.Charge() with { MerchantId = database.MerchantId, PaymentId = Id(number), Now = at };
        var decision = (Decision.Accept)PaymentStateMachine.Decide(null, with?.Invoke(command) ?? command);
        Assert.Equal(CommitVerdict.Committed, (await committer.CommitAsync(decision.ToCommit())).Verdict);
        return decision.Next;
    }

    private async Task ShowsAsync(PaymentFilter filter, params int[] expected)
    {
        var shown = await queries.PaymentsAsync(database.MerchantId, filter, null, 100, default);
        Assert.Equal(expected.Select(Id), shown.Select(payment => payment.Id));
    }

    private static Guid Id(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, (byte)number]);
}
