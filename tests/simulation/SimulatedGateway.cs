using System.Collections.Immutable;
using Payments.Domain;
using Payments.Gateways;

namespace Payments.Simulation;

/// <summary>
/// One node's connector and the network behind it: requests that are refused, lost, late or doubled, answers that are lost or come after
/// our timeout. It keeps to the contract of connectors: "not sent" only when nothing ever left.
/// </summary>
internal sealed class SimulatedGateway(World world, Lane lane, Scenario scenario, SimulatedProcessor processor, Counters counters, Checker checker, string node)
    : IPaymentGateway
{
    // A request that travels longer than absence takes to be final never arrives. Clocks may differ by two seconds.
    private static readonly TimeSpan LongestTravel = Scenario.AbsenceFinalAfter - TimeSpan.FromSeconds(2.1);

    private readonly RandomStream random = RandomStream.Of(
        scenario.Form.Seed, processor.Name == scenario.Routes[0] ? $"network of {node}" : $"network of {node} to {processor.Name}");

    public string Name => processor.Name;

    public GatewayCapabilities Capabilities => scenario.Gateway;

    public Task<GatewayAnswer> ChargeAsync(ChargeOrder order, CancellationToken cancellationToken) =>
        SendAsync(new(OperationKind.Charge, order.Reference, order.IdempotencyKey, order.Amount, order.Token, null, false));

    public Task<GatewayAnswer> AuthorizeAsync(ChargeOrder order, CancellationToken cancellationToken) =>
        SendAsync(new(OperationKind.Authorize, order.Reference, order.IdempotencyKey, order.Amount, order.Token, null, false));

    public Task<GatewayAnswer> CaptureAsync(CaptureOrder order, CancellationToken cancellationToken) =>
        SendAsync(new(OperationKind.Capture, order.Reference, order.IdempotencyKey, order.Amount, "", order.ProcessorAuthorizationId, order.IsFinal));

    public Task<GatewayAnswer> VoidAsync(VoidOrder order, CancellationToken cancellationToken) =>
        SendAsync(new(OperationKind.Void, order.Reference, order.IdempotencyKey, new(0, Currency.Of("EUR")), "", order.ProcessorAuthorizationId, false));

    public Task<GatewayAnswer> RefundAsync(RefundOrder order, CancellationToken cancellationToken) =>
        SendAsync(new(OperationKind.Refund, order.Reference, order.IdempotencyKey, order.Amount, "", order.ProcessorChargeId, false));

    public Task<GatewayAnswer> QueryAsync(QueryOrder order, CancellationToken cancellationToken) =>
        CallAsync(order.Reference, AttemptKind.Query, () => processor.Query(order.Reference));

    private Task<GatewayAnswer> SendAsync(ProcessorRequest request) => CallAsync(request.Reference, AttemptKind.Send, () => processor.Send(request));

    private Task<GatewayAnswer> CallAsync(string reference, AttemptKind kind, Func<GatewayAnswer> ask)
    {
        checker.Attempt(node, reference, kind);
        var answer = new TaskCompletionSource<GatewayAnswer>();
        var faulty = world.Elapsed < scenario.FaultsEnd;
        var (down, lost, late, doubled, answerLost) = (Trouble(0.12), Trouble(0.1), Trouble(0.12), Trouble(0.1), Trouble(0.14));
        var (there, back) = (random.Seconds(0.01, 0.4), random.Seconds(0.01, 0.4));
        var longWay = random.Chance(0.5) ? LongestTravel : random.Between(scenario.Gateway.Timeout, LongestTravel);
        if (Happens(Faults.ProcessorDown, down, Rare.ProcessorDown))
        {
            Answer(there, new(GatewayAnswerKind.NotSent, Code: "connection_refused"));
            return answer.Task;
        }

        Answer(scenario.Gateway.Timeout, new(GatewayAnswerKind.Unknown, Code: "timeout"));
        if (Happens(Faults.RequestLost, lost, Rare.RequestLost))
        {
            return answer.Task;
        }

        var travels = Happens(Faults.RequestLate, late, Rare.RequestLate) ? longWay : there;
        var loses = Happens(Faults.AnswerLost, answerLost, Rare.AnswerLost);
        world.After(travels, world.Outside, () =>
        {
            var said = ask();
            if (!loses)
            {
                Answer(back, said);
            }
        });
        if (kind == AttemptKind.Send && scenario.Gateway.IdempotencyKeyLife is not null && Happens(Faults.RequestDoubled, doubled, Rare.RequestDoubled))
        {
            world.After(longWay, world.Outside, () => ask());
        }

        return answer.Task;

        bool Trouble(double probability) => random.Chance(probability * scenario.NetworkTrouble);

        bool Happens(Faults fault, bool drawn, Rare path)
        {
            var happens = drawn && faulty && scenario.Has(fault);
            if (happens)
            {
                counters.Add(path);
                world.Trace?.Add($"network: {fault} for the {kind.Name()} of {reference}");
            }

            return happens;
        }

        void Answer(TimeSpan after, GatewayAnswer said) => world.After(after, lane, () =>
        {
            if (answer.TrySetResult(said))
            {
                checker.Answered(node, reference, said);
            }
        });
    }
}

/// <summary>One node's connectors.</summary>
internal sealed class SimulatedGateways(Scenario scenario, IReadOnlyDictionary<string, IPaymentGateway> gateways) : IGatewayDirectory
{
    public IPaymentGateway Get(string name) => gateways[name];

    public ImmutableArray<string> Route(RouteQuery payment) => scenario.Routes;
}
