using System.Collections.Immutable;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Simulation;

/// <summary>What became of a run.</summary>
/// <param name="Fingerprint">Two runs with the same one made the same choices.</param>
internal sealed record RunResult(Form Form, int Steps, TimeSpan Elapsed, ulong Fingerprint, Violation? Violation, Counters Counters);

/// <summary>
/// One run: the whole system from one seed. The grains and their engine are the real ones; the world around them is made up, and hostile
/// until <see cref="Scenario.FaultsEnd"/>. After that everything must become final.
/// </summary>
internal sealed class SimulatedRun
{
    /// <summary>Turns idempotency keys into ids.</summary>
    public static readonly byte[] Salt = new byte[32];

    // Attempts come at least every half minute, a claim takes seconds, and an authorization is held for a minute and a half.
    private static readonly TimeSpan BoundedTime = TimeSpan.FromMinutes(15);
    private const int MostSteps = 100_000;

    // By then whatever was on its way has arrived, or never will.
    private static readonly TimeSpan OperatorsLook = TimeSpan.FromMinutes(2);

    private readonly Scenario scenario;
    private readonly World world;
    private readonly Counters counters = new();
    private readonly SimulatedDatabase database = new();
    private readonly SimulatedReminders reminders;
    private readonly Checker checker;
    private readonly SimulatedProcessor[] processors;
    private readonly SimulatedWebhooks webhooks;
    private readonly RandomStream nodes;
    private readonly SimulatedNode?[] alive;
    private readonly int[] incarnations;
    private readonly TimeSpan[] skews;
    private readonly ImmutableArray<(TimeSpan From, TimeSpan To)> outages;
    private int aimedBlows;
    private int openCalls;
    private int openDisputes;
    private int clients;

    private SimulatedRun(Form form, Trace? trace, List<(Commit, CommitResult)>? recording)
    {
        scenario = Scenario.Of(form);
        world = new(unchecked(form.Seed + (form.Turns * 1_000_003L)), scenario.Has(Faults.SlowTurns) ? 0.03 : 0, trace);
        reminders = new(world, scenario, counters);
        checker = new(world, database, counters, MayStrike) { Recording = recording };
        webhooks = new(world, scenario, counters, AnyNode);
        processors = [.. scenario.Routes.Select(name => new SimulatedProcessor(name, world, scenario, counters, checker.Effect, news => webhooks.Tell(name, news)))];
        checker.Watch(processors, webhooks);
        nodes = RandomStream.Of(form.Seed, "nodes");
        aimedBlows = nodes.Below(5);
        (alive, incarnations) = (new SimulatedNode?[scenario.Nodes], new int[scenario.Nodes]);
        var skew = RandomStream.Of(form.Seed, "clocks");
        skews = [.. alive.Select(_ => skew.Seconds(-1, 1)).Select(drawn => scenario.Has(Faults.ClockSkew) ? drawn : TimeSpan.Zero)];
        var away = RandomStream.Of(form.Seed, "outages");
        outages = [.. Enumerable.Range(0, 2).Select(_ => away.Seconds(1, 60)).Select(from => (from, from + away.Seconds(1, 8)))];
    }

    /// <summary>Runs a form to its end, or to the first broken promise.</summary>
    public static RunResult Of(Form form, Trace? trace = null, List<(Commit, CommitResult)>? recording = null)
    {
        var ambient = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return new SimulatedRun(form, trace, recording).Run();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(ambient);
        }
    }

    private RunResult Run()
    {
        foreach (var merchant in scenario.Merchants)
        {
            world.Trace?.Name(merchant.Id, $"merchant-{database.Merchants + 1}");
            database.Add(new(merchant.Id, "Simulated", "test", [.. Salt], merchant.Fee.BasisPoints, merchant.Fee.Fixed, merchant.Fee.ReturnedOnRefund));
            foreach (var currency in new[] { "EUR", "JPY" })
            {
                database.Open(ChartOfAccounts.MerchantBalance(merchant.Id, Currency.Of(currency)), merchant.Minimum);
            }

            var (asset, liability) = EntryClient.Accounts(merchant.Id);
            database.Open(AccountId.Parse(asset), 0);
            database.Open(AccountId.Parse(liability), 0);
        }

        for (var i = 0; i < scenario.Nodes; i++)
        {
            StartNode(i);
        }

        PlanTrouble();
        PlanDisputes();
        world.After(scenario.FaultsEnd + OperatorsLook, world.Outside, LetOperatorsDecide);
        var life = new ClientLife(world, scenario, checker, new(world, checker, database), counters, AnyNode, change => openCalls += change);
        foreach (var plan in scenario.Payments)
        {
            Start(new PaymentClient(life, plan).RunAsync);
        }

        foreach (var plan in scenario.Entries)
        {
            Start(new EntryClient(life, plan).RunAsync);
        }

        while (world.Violation is null && !IsOver() && Step())
        {
            if (world.Elapsed > scenario.FaultsEnd + BoundedTime || world.Steps > MostSteps)
            {
                world.Break("I6", $"after {world.Elapsed} and {world.Steps:N0} steps not everything has come to rest: {clients} clients, {openCalls} calls, {webhooks.UnderWay} webhooks, {checker.WhatIsOpen()}");
            }
        }

        if (world.Violation is null)
        {
            checker.CheckEnd();
        }

        return new(scenario.Form, world.Steps, world.Elapsed, world.Fingerprint, world.Violation, counters);
    }

    private bool Step()
    {
        try
        {
            return world.Step();
        }
        catch (Exception nonsense)
        {
            // What was stored makes no sense to the world around it.
            world.Break("I9", $"{nonsense}");
            return false;
        }
    }

    private bool IsOver() => clients == 0 && openCalls == 0 && webhooks.UnderWay == 0 && openDisputes == 0 && checker.IsQuiet();

    private void Start(Func<Task> client)
    {
        clients++;
        _ = Task.Factory.StartNew(
            async () =>
            {
                try
                {
                    await client();
                }
                catch (Exception unexpected)
                {
                    world.Break("I9", $"a client was answered with {unexpected}");
                }

                clients--;
            },
            CancellationToken.None, TaskCreationOptions.DenyChildAttach, world.Outside);
    }

    private void StartNode(int i)
    {
        var node = new SimulatedNode($"node-{i}.{++incarnations[i]}", world, scenario, skews[i], database, reminders, processors, checker, counters, outages);
        alive[i] = node;
        node.Start();
    }

    // Some blows fall at any time, and some right behind something that a node stored or heard: there it hurts most.
    private void PlanTrouble()
    {
        for (var blows = nodes.Below(3) + 1; blows > 0; blows--)
        {
            var i = nodes.Below(scenario.Nodes);
            world.After(nodes.Seconds(0.1, 40), world.Outside, () => Strike(alive[i], nodes.Below(25)));
        }
    }

    // A customer disputes what it paid some time after it paid, whether or not we know that it did.
    private void PlanDisputes()
    {
        var random = RandomStream.Of(scenario.Form.Seed, "disputes");
        foreach (var plan in scenario.Payments)
        {
            var (when, part) = (random.Seconds(5, 60), random.Between(1, 4));
            if (plan.Dispute is not { } end)
            {
                continue;
            }

            var reference = Ids.ProcessorReference(Ids.Charge(Ids.Payment(Salt, Mode.Test, $"payment {plan.Number}")));
            openDisputes++;
            world.After(when, world.Outside, () =>
            {
                openDisputes--;
                if (!plan.Manual && Array.Find(processors, processor => processor.Of(reference).Any(operation => operation.Status == GatewayAnswerKind.Approved)) is { } paid)
                {
                    paid.Dispute(reference, $"dp_{plan.Number}", new(Math.Max(1, plan.Amount / part), Currency.Of(plan.Currency)), end);
                }
            });
        }
    }

    // What nobody can find out any more, people do: they look into the processor's own books.
    private void LetOperatorsDecide()
    {
        foreach (var row in checker.WaitingForPeople(scenario.Gateway))
        {
            webhooks.Decide(row);
        }

        world.After(TimeSpan.FromMinutes(1), world.Outside, LetOperatorsDecide);
    }

    private void MayStrike(string name)
    {
        if (nodes.Chance(0.06) && aimedBlows > 0 && world.Elapsed < scenario.FaultsEnd)
        {
            aimedBlows--;
            Strike(Array.Find(alive, node => node?.Name == name), nodes.Below(10));
        }
    }

    private void Strike(SimulatedNode? node, int turnsLater)
    {
        // Shorter than a claim, or longer: both are dangerous, each in its own way.
        var (isCrash, down, frozen) = (nodes.Chance(0.5), nodes.Seconds(0.1, 15), nodes.Chance(0.5) ? nodes.Seconds(3, 9) : nodes.Seconds(1, 25));
        Wait(turnsLater, () =>
        {
            if (node is null or { IsDead: true } or { Lane.Held: not null })
            {
                return;
            }

            if (isCrash && scenario.Has(Faults.Crash))
            {
                Crash(node, down);
            }
            else if (!isCrash && scenario.Has(Faults.Freeze))
            {
                counters.Add(Rare.NodeFrozen);
                world.Trace?.Add($"{node.Name} stands still for {frozen.TotalSeconds:0.0} s");
                node.Lane.Freeze(frozen);
            }
        });
    }

    // Lets so many turns pass, so that a blow falls between any two of them and not only where time passes.
    private void Wait(int turns, Action then)
    {
        if (turns == 0)
        {
            then();
        }
        else
        {
            world.Soon(world.Outside, () => Wait(turns - 1, then));
        }
    }

    private void Crash(SimulatedNode node, TimeSpan down)
    {
        var i = Array.IndexOf(alive, node);
        alive[i] = null;
        counters.Add(Rare.NodeCrashed);
        checker.Crashed(node.Name);
        node.Kill();
        world.After(down, world.Outside, () => StartNode(i));
    }

    private SimulatedNode? AnyNode(RandomStream random) => alive[random.Below(alive.Length)];
}
