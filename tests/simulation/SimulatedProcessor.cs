using Payments.Domain;
using Payments.Gateways;

namespace Payments.Simulation;

/// <summary>What is asked of the processor.</summary>
/// <param name="Key">The idempotency key; null for a query.</param>
/// <param name="About">The authorization or charge that a capture, void or refund is about.</param>
internal sealed record ProcessorRequest(OperationKind Kind, string Reference, string? Key, Money Amount, string Token, string? About, bool IsFinal);

/// <summary>What the processor knows of an operation.</summary>
internal sealed class ProcessorOperation(OperationKind kind, string id, Money amount, string reference)
{
    public string Reference => reference;
    public OperationKind Kind => kind;
    public string Id => id;
    public Money Amount => amount;

    /// <summary>Of a decline: whether another processor may see it otherwise.</summary>
    public bool IsRetryable { get; init; }

    public GatewayAnswerKind Status { get; set; } = GatewayAnswerKind.Pending;

    /// <summary>What it will decide, when it is asked again.</summary>
    public GatewayAnswerKind Then { get; init; }

    /// <summary>Of an authorization: what is still held.</summary>
    public long Held { get; set; }

    public DateTimeOffset? HeldUntil { get; init; }
}

/// <summary>
/// The world beyond our borders: does what it is told as often as it is told under different keys, or under one whose life is over. It is
/// the judge of I1: what it did is what happened to people's money.
/// </summary>
internal sealed class SimulatedProcessor(string name, World world, Scenario scenario, Counters counters, Action<string> onEffect, Action<GatewayNews> tell)
{
    private readonly RandomStream random = RandomStream.Of(scenario.Form.Seed, name == scenario.Routes[0] ? "processor" : $"processor {name}");
    private readonly RandomStream fates = RandomStream.Of(scenario.Form.Seed, $"fates at {name}");
    private readonly Dictionary<string, (ProcessorOperation Operation, DateTimeOffset Since)> keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ProcessorOperation>> byReference = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProcessorOperation> byId = new(StringComparer.Ordinal);
    private int made;

    public string Name => name;

    /// <summary>What it knows under our reference, in the order in which it was made; more than one of them is the end of I1.</summary>
    public IReadOnlyList<ProcessorOperation> Of(string reference) => byReference.TryGetValue(reference, out var operations) ? operations : [];

    public GatewayAnswer Send(ProcessorRequest request)
    {
        if (scenario.Gateway.IdempotencyKeyLife is { } life && keys.TryGetValue(request.Key!, out var known) && world.Now - known.Since < life)
        {
            return AnswerOf(Decided(request.Reference, known.Operation));
        }

        var operation = Make(request);
        keys[request.Key!] = (operation, world.Now);
        byId.Add(operation.Id, operation);
        (byReference.TryGetValue(request.Reference, out var all) ? all : byReference[request.Reference] = []).Add(operation);
        world.Trace?.Add($"processor: {request.Kind} {request.Reference} of {request.Amount} is {operation.Status}");
        Decide(operation);
        if (operation.Status == GatewayAnswerKind.RequiresAction)
        {
            // The customer does what its bank wants, sooner or later, or the processor gives it up.
            var (expires, acts) = (fates.Chance(0.2), fates.Seconds(0.2, 30));
            world.After(acts, world.Outside, () =>
            {
                counters.Add(expires ? Rare.ActionExpired : Rare.CustomerActed);
                operation.Status = expires ? GatewayAnswerKind.Declined : operation.Then;
                world.Trace?.Add($"customer: {request.Reference} is now {operation.Status}");
                Decide(operation);
            });
        }

        return AnswerOf(operation);
    }

    // Something became of it: that is an effect, or none; the processor tells of it, and of what it does by itself later.
    private void Decide(ProcessorOperation operation)
    {
        if (operation.Status == GatewayAnswerKind.Approved)
        {
            onEffect(operation.Reference);
        }

        var tells = fates.Chance(0.6);
        if (tells || operation.Status is GatewayAnswerKind.Pending or GatewayAnswerKind.RequiresAction)
        {
            Tell(operation);
        }

        var (comesBack, later, toldTwice) = (fates.Chance(0.2), fates.Seconds(0.5, 20), fates.Chance(0.3));
        if (operation is { Kind: OperationKind.Refund, Status: GatewayAnswerKind.Approved } && comesBack)
        {
            world.After(later, world.Outside, () =>
            {
                operation.Status = GatewayAnswerKind.Reversed;
                world.Trace?.Add($"processor: {operation.Kind} {operation.Reference} came back");
                Tell(operation);
                if (toldTwice)
                {
                    // As two events, of which each says the same: refund.updated and refund.failed.
                    Tell(operation);
                }
            });
        }
    }

    private void Tell(ProcessorOperation operation) => tell(new(operation.Reference, null, AnswerOf(operation) with { Told = operation.Kind == OperationKind.Void ? null : operation.Amount }));

    /// <summary>A customer disputes a charge, and somebody decides.</summary>
    public void Dispute(string reference, string id, Money amount, string end)
    {
        var (fee, kept) = (fates.Between(0, 20), fates.Between(0, 5));
        void Say(OperationKind notice) => tell(new(reference, null, null, new(notice, id, amount, fee, Math.Min(fee, kept), "fraudulent")));
        Say(OperationKind.Dispute);
        if (end != "open")
        {
            world.After(fates.Seconds(0.1, 10), world.Outside, () => Say(end == "won" ? OperationKind.DisputeWon : OperationKind.DisputeLost));
        }
    }

    public GatewayAnswer Query(string reference)
    {
        if (Of(reference) is not [.., var latest])
        {
            counters.Add(Rare.NotFound);
            return new(GatewayAnswerKind.NotFound);
        }

        return AnswerOf(Decided(reference, latest));
    }

    private ProcessorOperation Make(ProcessorRequest request)
    {
        var decides = random.Chance(0.85);
        var pends = random.Chance(0.1);
        var holds = random.Chance(0.25) ? world.Now + random.Seconds(30, 90) : default(DateTimeOffset?);
        var id = $"proc_{++made}";
        var about = request.About is null ? null : byId.GetValueOrDefault(request.About);
        var verdict = request.Kind switch
        {
            OperationKind.Charge or OperationKind.Authorize => Refuses(request.Token) ? GatewayAnswerKind.Declined : GatewayAnswerKind.Approved,
            OperationKind.Refund => decides ? GatewayAnswerKind.Approved : GatewayAnswerKind.Declined,
            _ => about is not { Held: > 0 } || about.HeldUntil <= world.Now ? GatewayAnswerKind.Expired
                : request.Kind == OperationKind.Capture && request.Amount.Minor > about.Held ? GatewayAnswerKind.Declined
                : GatewayAnswerKind.Approved,
        };
        if (verdict == GatewayAnswerKind.Approved && about is not null && request.Kind is OperationKind.Capture or OperationKind.Void)
        {
            about.Held = request.Kind == OperationKind.Void || request.IsFinal ? 0 : about.Held - request.Amount.Minor;
        }

        var pending = request.Token.StartsWith("pending", StringComparison.Ordinal) || (request.Kind == OperationKind.Refund && pends);
        return new ProcessorOperation(request.Kind, id, request.Amount, request.Reference)
        {
            IsRetryable = request.Token is "try_again" or "decline_first",
            Status = pending ? GatewayAnswerKind.Pending
                : request.Token.StartsWith("action", StringComparison.Ordinal) ? GatewayAnswerKind.RequiresAction
                : verdict,
            Then = verdict,
            Held = request.Kind == OperationKind.Authorize && verdict == GatewayAnswerKind.Approved ? request.Amount.Minor : 0,
            HeldUntil = request.Kind == OperationKind.Authorize ? holds : null,
        };
    }

    private bool Refuses(string token) =>
        token.EndsWith("decline", StringComparison.Ordinal) || token == "try_again" || (token == "decline_first" && name == scenario.Routes[0]);

    // What was left pending is decided at some time; when, nobody was told.
    private ProcessorOperation Decided(string reference, ProcessorOperation operation)
    {
        if (operation.Status == GatewayAnswerKind.Pending && (random.Chance(0.5) || world.Elapsed > scenario.FaultsEnd))
        {
            operation.Status = operation.Then;
            world.Trace?.Add($"processor: {operation.Kind} {reference} is now {operation.Status}");
            Decide(operation);
        }

        return operation;
    }

    private static GatewayAnswer AnswerOf(ProcessorOperation operation) => new(
        operation.Status, operation.Id, operation.Status == GatewayAnswerKind.Declined ? "do_not_honor" : null,
        operation is { Kind: OperationKind.Authorize, Status: GatewayAnswerKind.Approved } ? operation.HeldUntil : null,
        ActionUrl: operation.Status == GatewayAnswerKind.RequiresAction ? "https://bank.example/" : null,
        IsRetryable: operation is { Status: GatewayAnswerKind.Declined, IsRetryable: true });
}
