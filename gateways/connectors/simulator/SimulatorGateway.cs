using Payments.Domain;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>The connector to the card processor that <c>gateway-simulator/</c> plays.</summary>
/// <remarks>It owns its connections, because what it may say about a failed call depends on how they behave.</remarks>
public sealed class SimulatorGateway : IPaymentGateway, IDisposable
{
    private const string TimedOut = "timeout";
    private const string Canceled = "canceled";
    private const string ConnectionFailed = "connection_failed";
    private const string NameNotResolved = "name_not_resolved";

    private readonly SimulatorGatewayOptions options;
    private readonly TimeProvider clock;
    private readonly HttpMessageInvoker http;

    /// <param name="options">Where the processor is, and what it promises.</param>
    /// <param name="clock">Measures the timeout.</param>
    public SimulatorGateway(SimulatorGatewayOptions options, TimeProvider clock)
    {
        var absenceFinalAfter = options.AbsenceFinalAfter ?? 2 * options.Timeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Timeout, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(absenceFinalAfter, options.Timeout, nameof(options));
        this.options = options;
        this.clock = clock;
        Capabilities = new GatewayCapabilities(options.IdempotencyKeyLife, CanQuery: true, absenceFinalAfter, options.Timeout);
        http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            // One call is one request to one address: nothing is followed, remembered, or told to third parties.
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            MaxConnectionsPerServer = options.MaxConnections,
            // A moved processor is found again within minutes, as its name is looked up anew.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        });
    }

    /// <inheritdoc/>
    public string Name => options.Name;

    /// <inheritdoc/>
    public GatewayCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public RetrySchedule? Retries => options.Retries;

    /// <inheritdoc/>
    public Task<GatewayAnswer> ChargeAsync(ChargeOrder order, CancellationToken cancellationToken) =>
        SendAsync(OperationKind.Charge, order.Reference, order.IdempotencyKey, "v1/charges", SimulatorMessages.Charge(order), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> AuthorizeAsync(ChargeOrder order, CancellationToken cancellationToken) =>
        SendAsync(OperationKind.Authorize, order.Reference, order.IdempotencyKey, "v1/authorizations", SimulatorMessages.Charge(order), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> CaptureAsync(CaptureOrder order, CancellationToken cancellationToken) =>
        SendAsync(OperationKind.Capture, order.Reference, order.IdempotencyKey, "v1/captures", SimulatorMessages.Capture(order), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> VoidAsync(VoidOrder order, CancellationToken cancellationToken) =>
        SendAsync(OperationKind.Void, order.Reference, order.IdempotencyKey, "v1/voids", SimulatorMessages.Void(order), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> RefundAsync(RefundOrder order, CancellationToken cancellationToken) =>
        SendAsync(OperationKind.Refund, order.Reference, order.IdempotencyKey, "v1/refunds", SimulatorMessages.Refund(order), cancellationToken);

    /// <inheritdoc/>
    public async Task<GatewayAnswer> QueryAsync(OperationKind kind, string reference, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(options.BaseAddress, $"v1/operations/{Uri.EscapeDataString(reference)}"));
        var (reply, failure) = await ExchangeAsync(request, cancellationToken);
        return reply is not null ? SimulatorMessages.ReadQuery(reply, kind, reference)
            : new GatewayAnswer(
                failure is ConnectionFailed or NameNotResolved ? GatewayAnswerKind.NotSent : GatewayAnswerKind.Unknown, Code: failure);
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async Task<GatewayAnswer> SendAsync(
        OperationKind kind, string reference, string idempotencyKey, string path, byte[] body, CancellationToken cancellationToken)
    {
        var content = new SingleSendContent(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(options.BaseAddress, path)) { Content = content };
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        var (reply, failure) = await ExchangeAsync(request, cancellationToken);
        return reply is not null ? SimulatorMessages.ReadAnswer(reply, kind, reference)
            : new GatewayAnswer(content.WasAskedFor ? GatewayAnswerKind.Unknown : GatewayAnswerKind.NotSent, Code: failure);
    }

    /// <summary>One request, and its whole reply or the reason why there is none.</summary>
    private async Task<(SimulatorReply? Reply, string? Failure)> ExchangeAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            return (await SimulatorReply.ReadAsync(response, either.Token), null);
        }
        catch (OperationCanceledException)
        {
            return (null, cancellationToken.IsCancellationRequested ? Canceled : TimedOut);
        }
        catch (HttpRequestException exception)
        {
            return (null, exception.HttpRequestError switch
            {
                HttpRequestError.ConnectionError => ConnectionFailed,
                HttpRequestError.NameResolutionError => NameNotResolved,
                HttpRequestError.InvalidResponse => SimulatorMessages.Unreadable,
                _ => "connection_lost",
            });
        }
        catch (IOException)
        {
            return (null, "connection_lost");
        }
    }
}
