using Payments.Domain;

namespace Payments.Simulation;

/// <summary>What is asked of the processor.</summary>
/// <param name="Key">The idempotency key; null for a query.</param>
/// <param name="About">The authorization or charge that a capture, void or refund is about.</param>
internal sealed record ProcessorRequest(OperationKind Kind, string Reference, string? Key, long Amount, string Token, string? About, bool IsFinal);

/// <summary>What the processor knows of an operation.</summary>
internal sealed class ProcessorOperation(OperationKind kind, string id, long amount)
{
    public OperationKind Kind => kind;
    public string Id => id;
    public long Amount => amount;
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
internal sealed class SimulatedProcessor(World world, Scenario scenario, Counters counters, Action<string> onEffect)
{
    private readonly RandomStream random = RandomStream.Of(scenario.Form.Seed, "processor");
    private readonly Dictionary<string, (ProcessorOperation Operation, DateTimeOffset Since)> keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ProcessorOperation>> byReference = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProcessorOperation> byId = new(StringComparer.Ordinal);
    private int made;

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
        if (operation.Status == GatewayAnswerKind.Approved)
        {
            onEffect(request.Reference);
        }

        return AnswerOf(operation);
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
            OperationKind.Charge or OperationKind.Authorize => request.Token.EndsWith("decline", StringComparison.Ordinal) ? GatewayAnswerKind.Declined : GatewayAnswerKind.Approved,
            OperationKind.Refund => decides ? GatewayAnswerKind.Approved : GatewayAnswerKind.Declined,
            _ => about is not { Held: > 0 } || about.HeldUntil <= world.Now ? GatewayAnswerKind.Expired
                : request.Kind == OperationKind.Capture && request.Amount > about.Held ? GatewayAnswerKind.Declined
                : GatewayAnswerKind.Approved,
        };
        if (verdict == GatewayAnswerKind.Approved && about is not null && request.Kind is OperationKind.Capture or OperationKind.Void)
        {
            about.Held = request.Kind == OperationKind.Void || request.IsFinal ? 0 : about.Held - request.Amount;
        }

        var pending = request.Token.StartsWith("pending", StringComparison.Ordinal) || (request.Kind == OperationKind.Refund && pends);
        return new ProcessorOperation(request.Kind, id, request.Amount)
        {
            Status = pending ? GatewayAnswerKind.Pending : verdict,
            Then = verdict,
            Held = request.Kind == OperationKind.Authorize && verdict == GatewayAnswerKind.Approved ? request.Amount : 0,
            HeldUntil = request.Kind == OperationKind.Authorize ? holds : null,
        };
    }

    // What was left pending is decided at some time; when, nobody was told.
    private ProcessorOperation Decided(string reference, ProcessorOperation operation)
    {
        if (operation.Status == GatewayAnswerKind.Pending && (random.Chance(0.5) || world.Elapsed > scenario.FaultsEnd))
        {
            operation.Status = operation.Then;
            world.Trace?.Add($"processor: {operation.Kind} {reference} is now {operation.Status}");
            if (operation.Status == GatewayAnswerKind.Approved)
            {
                onEffect(reference);
            }
        }

        return operation;
    }

    private static GatewayAnswer AnswerOf(ProcessorOperation operation) => new(
        operation.Status, operation.Id, operation.Status == GatewayAnswerKind.Declined ? "do_not_honor" : null,
        operation is { Kind: OperationKind.Authorize, Status: GatewayAnswerKind.Approved } ? operation.HeldUntil : null);
}
