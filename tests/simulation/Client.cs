using Payments.Domain;
using Payments.Grains;

namespace Payments.Simulation;

/// <summary>What clients need of a run.</summary>
internal sealed record ClientLife(World World, Scenario Scenario, Checker Checker, ReplyChecker Replies, Counters Counters, Func<RandomStream, SimulatedNode?> AnyNode, Action<int> Open);

/// <summary>A merchant's program and one payment: it does its steps, retries under the same key until it has a definite answer, and loses its patience.</summary>
internal sealed class PaymentClient(ClientLife life, PaymentPlan plan)
{
    private const int MaxTries = 40;

    private readonly RandomStream random = RandomStream.Of(life.Scenario.Form.Seed, $"client {plan.Number}");
    private readonly TimeProvider time = new WorldTime(life.World, life.World.Outside, TimeSpan.Zero);
    private readonly string merchantId = life.Scenario.Merchants[plan.Merchant].Id;
    private readonly Guid paymentId = Ids.Payment(SimulatedRun.Salt, Mode.Test, $"payment {plan.Number}");

    public async Task RunAsync()
    {
        life.World.Trace?.Name(Ids.Format(Ids.PaymentPrefix, paymentId), $"payment-{plan.Number}");
        foreach (var step in plan.Steps)
        {
            await Task.Delay(step.Before, time);
            var call = NewCall(step, mistake: false);
            await Task.WhenAll(AskAsync(call), step.Twice ? AskAsync(call) : Task.CompletedTask);
            if (step.Mistake && life.Scenario.Has(Faults.Mistakes))
            {
                await ErrAsync(step);
            }
        }
    }

    // The same key for something else, and somebody else's payment.
    private async Task ErrAsync(Step step)
    {
        var call = NewCall(step, mistake: true);
        if (life.Replies.IsStored(call) && await AskAsync(call))
        {
            life.Counters.Add(Rare.KeyReused);
        }

        var other = life.Scenario.Merchants[1 - plan.Merchant].Id;
        if (life.AnyNode(random) is { } node)
        {
            try
            {
                var reply = await node.Grains.GetGrain<IPaymentGrain>(GrainKeys.Payment(other, paymentId)).GetAsync();
                if (reply is not { Kind: ReplyKind.Refused, Code: "payment_not_found", Payment: null })
                {
                    life.World.Break("I7", $"{other} was shown a payment of {merchantId}");
                }
            }
            catch (Exception lost) when (AttentiveLogger.IsExpected(lost))
            {
            }
        }
    }

    private Call NewCall(Step step, bool mistake)
    {
        var account = ChartOfAccounts.MerchantBalance(merchantId, Currency.Of(plan.Currency)).ToString();
        return new(
            plan, merchantId, paymentId, OperationId(step), step, step.Act == Act.Charge ? plan.Amount : step.Amount,
            life.Checker.Versions(merchantId, paymentId).Count, life.Replies.BalancesOf(account), mistake);
    }

    /// <summary>Asks until there is a definite answer. False when the client gives up.</summary>
    private async Task<bool> AskAsync(Call call)
    {
        life.Open(1);
        try
        {
            for (var tries = 0; tries < MaxTries; tries++)
            {
                if (life.AnyNode(random) is { } node && await TryAsync(node, call) is { } definite)
                {
                    if (definite.Kind != ReplyKind.Refused && !call.IsMistake)
                    {
                        await WaitAsync(call);
                    }

                    return true;
                }

                await Task.Delay(random.Seconds(0.2, 4), time);
            }

            life.World.Break("I6", $"{call.Step.Act} {call.Step.Number} of {plan.Number} has no definite answer after {MaxTries} tries");
            return false;
        }
        finally
        {
            life.Open(-1);
        }
    }

    // Null: busy, unknown, or nobody answered; ask again under the same key.
    private async Task<PaymentReply?> TryAsync(SimulatedNode node, Call call)
    {
        var impatient = random.Chance(0.3);
        var patience = random.Seconds(0.05, 3);
        var wasStored = life.Replies.IsStored(call);
        try
        {
            var asked = SendAsync(node, call);
            var reply = await (impatient && life.World.Elapsed < life.Scenario.FaultsEnd && life.Scenario.Has(Faults.Impatience) ? asked.WaitAsync(patience, time) : asked);
            life.World.Trace?.Add($"client of {Ids.Format(Ids.PaymentPrefix, paymentId)}: {call.Step.Act} {call.Step.Number} at {node.Name} is {reply.Kind} {reply.Code}");
            life.Replies.Replied(call, wasStored, reply);
            if (reply.Code == "balance_insufficient")
            {
                life.Counters.Add(Rare.BalanceInsufficient);
            }

            return reply.Kind is ReplyKind.Busy or ReplyKind.Unknown ? null : reply;
        }
        catch (Exception lost) when (AttentiveLogger.IsExpected(lost))
        {
            if (node.IsDead && !wasStored && life.Replies.IsStored(call))
            {
                life.Counters.Add(Rare.CrashBetweenCommitAndReply);
            }

            return null;
        }
    }

    private async Task WaitAsync(Call call)
    {
        var (waits, patience) = (random.Chance(0.6), random.Chance(0.5) ? random.Seconds(0, 3) : TimeSpan.FromSeconds(12));
        if (life.AnyNode(random) is not { } node || !waits)
        {
            return;
        }

        try
        {
            var reply = await Payment(node).WaitAsync(call.OperationId, patience);
            life.World.Trace?.Add($"client of {Ids.Format(Ids.PaymentPrefix, paymentId)}: waited for {call.Step.Act} {call.Step.Number} at {node.Name}: {reply.Operation?.Status ?? reply.Code}");
            life.Replies.Replied(call, wasStored: true, reply);
        }
        catch (Exception lost) when (AttentiveLogger.IsExpected(lost))
        {
        }
    }

    private Task<PaymentReply> SendAsync(SimulatedNode node, Call call)
    {
        var (id, amount) = (call.OperationId, call.IsMistake ? (call.Amount ?? 1) + 1 : call.Amount);
        return call.Step.Act switch
        {
            Act.Charge => Payment(node).ChargeAsync(new()
            {
                Amount = amount!.Value,
                Currency = plan.Currency,
                PaymentMethod = plan.Token,
                Capture = plan.Manual ? "manual" : "automatic",
            }),
            Act.Capture => Payment(node).CaptureAsync(new() { CaptureId = id, Amount = amount, IsFinal = call.Step.IsFinal }),
            Act.Cancel => Payment(node).CancelAsync(new() { CancellationId = id, Reason = call.IsMistake ? "another" : null }),
            Act.Refund => Payment(node).RefundAsync(new() { RefundId = id, Amount = amount }),
        };
    }

    private IPaymentGrain Payment(SimulatedNode node) => node.Grains.GetGrain<IPaymentGrain>(GrainKeys.Payment(merchantId, paymentId));

    private Guid OperationId(Step step) => step.Act switch
    {
        Act.Charge => Ids.Charge(paymentId),
        Act.Capture => Ids.Capture(SimulatedRun.Salt, Mode.Test, paymentId, $"{step.Number}"),
        Act.Cancel => Ids.Cancellation(SimulatedRun.Salt, Mode.Test, paymentId, $"{step.Number}"),
        Act.Refund => Ids.Refund(SimulatedRun.Salt, Mode.Test, paymentId, $"{step.Number}"),
    };
}

/// <summary>A merchant's own service, which posts one entry between accounts of its own, and may take it back.</summary>
internal sealed class EntryClient(ClientLife life, EntryPlan plan)
{
    private const int MaxTries = 40;

    private readonly RandomStream random = RandomStream.Of(life.Scenario.Form.Seed, $"service {plan.Number}");
    private readonly TimeProvider time = new WorldTime(life.World, life.World.Outside, TimeSpan.Zero);
    private readonly string merchantId = life.Scenario.Merchants[plan.Merchant].Id;

    /// <summary>The accounts of a merchant's own that entries move between.</summary>
    public static (string Asset, string Liability) Accounts(string merchantId) =>
        ($"merchant:{merchantId}:assets:till:EUR", $"merchant:{merchantId}:liabilities:vouchers:EUR");

    public async Task RunAsync()
    {
        await Task.Delay(plan.Before, time);
        var (asset, liability) = Accounts(merchantId);
        var entryId = Ids.OwnEntry(SimulatedRun.Salt, Mode.Test, $"entry {plan.Number}");
        var posted = await AskAsync(entryId, asset, entry => entry.PostAsync(new() { Postings = [new(asset, plan.Amount), new(liability, -plan.Amount)] }));
        if (posted && plan.Reverse)
        {
            var reversalId = Ids.Reversal(SimulatedRun.Salt, Mode.Test, entryId, "once");
            var (one, other) = (ReverseAsync(), plan.Twice ? ReverseAsync() : Task.FromResult(true));
            await Task.WhenAll(one, other);
            if (await one && await other)
            {
                life.Counters.Add(Rare.EntryReversed);
            }

            Task<bool> ReverseAsync() => AskAsync(reversalId, asset, entry => entry.ReverseAsync(new() { EntryId = entryId }));
        }
    }

    private async Task<bool> AskAsync(Guid entryId, string account, Func<ILedgerEntryGrain, Task<EntryReply>> ask)
    {
        life.Open(1);
        var since = life.Replies.BalancesOf(account);
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (life.AnyNode(random) is { } node)
            {
                try
                {
                    var wasStored = life.Replies.IsStored(merchantId, entryId);
                    var reply = await ask(node.Grains.GetGrain<ILedgerEntryGrain>(GrainKeys.LedgerEntry(merchantId, entryId)));
                    life.World.Trace?.Add($"service {plan.Number} at {node.Name}: {reply.Kind} {reply.Code}");
                    life.Replies.Replied(merchantId, entryId, wasStored, plan.Amount, since, account, reply);
                    if (reply.Kind is not (ReplyKind.Busy or ReplyKind.Unknown))
                    {
                        life.Open(-1);
                        return reply.Kind != ReplyKind.Refused;
                    }
                }
                catch (Exception lost) when (AttentiveLogger.IsExpected(lost))
                {
                }
            }

            await Task.Delay(random.Seconds(0.2, 4), time);
        }

        life.World.Break("I6", $"entry {plan.Number} has no definite answer after {MaxTries} tries");
        life.Open(-1);
        return false;
    }
}
