using System.Collections.Immutable;
using Payments.Domain;
using Payments.Gateways;

namespace Payments.Benchmarks.Load;

/// <summary>A processor in the node's own process that approves everything at once: what is left to measure is ours.</summary>
internal sealed class InstantProcessor : IGatewayDirectory, IPaymentGateway
{
    private static readonly ImmutableArray<string> Routes = ["simulator"];

    public string Name => "simulator";

    public GatewayCapabilities Capabilities { get; } = new(TimeSpan.FromHours(24), CanQuery: true, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10));

    public IPaymentGateway Get(string name) => this;

    public ImmutableArray<string> Route(RouteQuery payment) => Routes;

    public Task<GatewayAnswer> ChargeAsync(ChargeOrder order, CancellationToken cancellationToken) => Approve(order.Reference);

    public Task<GatewayAnswer> AuthorizeAsync(ChargeOrder order, CancellationToken cancellationToken) => Approve(order.Reference);

    public Task<GatewayAnswer> CaptureAsync(CaptureOrder order, CancellationToken cancellationToken) => Approve(order.Reference);

    public Task<GatewayAnswer> VoidAsync(VoidOrder order, CancellationToken cancellationToken) => Approve(order.Reference);

    public Task<GatewayAnswer> RefundAsync(RefundOrder order, CancellationToken cancellationToken) => Approve(order.Reference);

    public Task<GatewayAnswer> QueryAsync(QueryOrder order, CancellationToken cancellationToken) => Approve(order.Reference);

    private static Task<GatewayAnswer> Approve(string reference) => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Approved, reference));
}
