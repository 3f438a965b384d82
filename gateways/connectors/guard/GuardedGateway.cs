using Payments.Domain;
using Polly;
using Polly.CircuitBreaker;

namespace Payments.Gateways.Connectors.Guard;

/// <summary>
/// A connector behind a circuit breaker and a bulkhead. What they turn away was not sent, and is told so: the payment then goes on to another
/// processor, or comes back later. They never retry: that is the payment's decision, which claims every send first.
/// </summary>
public sealed class GuardedGateway : IPaymentGateway, IDisposable
{
    private readonly IPaymentGateway inner;
    private readonly GuardOptions options;
    private readonly Func<bool> isDrained;
    private readonly TimeProvider time;
    private readonly CircuitBreakerStateProvider breaker = new();
    private readonly ResiliencePipeline<GatewayAnswer> pipeline;
    private int inFlight;
    private long turnedAway;

    /// <param name="isDrained">Whether operators have closed it for new payments.</param>
    public GuardedGateway(IPaymentGateway inner, GuardOptions options, Func<bool> isDrained, TimeProvider time)
    {
        (this.inner, this.options, this.isDrained, this.time) = (inner, options, isDrained, time);
        pipeline = new ResiliencePipelineBuilder<GatewayAnswer> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<GatewayAnswer>
            {
                FailureRatio = options.FailureRatio,
                MinimumThroughput = options.MinimumCalls,
                SamplingDuration = options.SamplingTime,
                BreakDuration = options.BreakTime,
                StateProvider = breaker,
                ShouldHandle = static arguments => ValueTask.FromResult(
                    arguments.Outcome.Exception is not null || arguments.Outcome.Result?.Kind is GatewayAnswerKind.Unknown or GatewayAnswerKind.NotSent),
            })
            .Build();
    }

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public GatewayCapabilities Capabilities => inner.Capabilities;

    /// <inheritdoc/>
    public RetrySchedule? Retries => inner.Retries;

    /// <summary>How it looks from this node.</summary>
    public GatewayState State(string mode) => new(
        Name, mode,
        breaker.CircuitState switch
        {
            CircuitState.Open or CircuitState.Isolated => "open",
            CircuitState.HalfOpen => "half_open",
            _ => "closed",
        },
        Volatile.Read(ref inFlight), options.MaxInFlight, Interlocked.Read(ref turnedAway), isDrained());

    /// <inheritdoc/>
    public Task<GatewayAnswer> ChargeAsync(ChargeOrder order, CancellationToken cancellationToken) =>
        BeginAsync("charge", order.Reference, token => inner.ChargeAsync(order, token), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> AuthorizeAsync(ChargeOrder order, CancellationToken cancellationToken) =>
        BeginAsync("authorize", order.Reference, token => inner.AuthorizeAsync(order, token), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> CaptureAsync(CaptureOrder order, CancellationToken cancellationToken) =>
        CallAsync("capture", order.Reference, token => inner.CaptureAsync(order, token), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> VoidAsync(VoidOrder order, CancellationToken cancellationToken) =>
        CallAsync("void", order.Reference, token => inner.VoidAsync(order, token), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> RefundAsync(RefundOrder order, CancellationToken cancellationToken) =>
        CallAsync("refund", order.Reference, token => inner.RefundAsync(order, token), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> QueryAsync(QueryOrder order, CancellationToken cancellationToken) =>
        CallAsync("query", order.Reference, token => inner.QueryAsync(order, token), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => (inner as IDisposable)?.Dispose();

    // Only what a payment begins with is kept from a drained processor: what follows is about what happened there.
    private Task<GatewayAnswer> BeginAsync(string operation, string reference, Func<CancellationToken, Task<GatewayAnswer>> call, CancellationToken cancellationToken) =>
        isDrained() ? TurnAway("gateway_drained") : CallAsync(operation, reference, call, cancellationToken);

    private async Task<GatewayAnswer> CallAsync(string operation, string reference, Func<CancellationToken, Task<GatewayAnswer>> call, CancellationToken cancellationToken)
    {
        using var span = GatewayTelemetry.Begin(Name, operation, reference);
        var started = time.GetTimestamp();
        var answer = await GuardAsync(call, cancellationToken);
        GatewayTelemetry.End(span, Name, operation, answer, time.GetElapsedTime(started));
        return answer;
    }

    private async Task<GatewayAnswer> GuardAsync(Func<CancellationToken, Task<GatewayAnswer>> call, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref inFlight) > options.MaxInFlight)
            {
                return await TurnAway("too_many_in_flight");
            }

            return await pipeline.ExecuteAsync(static async (call, token) => await call(token), call, cancellationToken);
        }
        catch (BrokenCircuitException)
        {
            return await TurnAway("breaker_open");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Polly looks at the token before it calls; a connector never throws for it.
            return await TurnAway("canceled");
        }
        finally
        {
            Interlocked.Decrement(ref inFlight);
        }
    }

    private Task<GatewayAnswer> TurnAway(string code)
    {
        Interlocked.Increment(ref turnedAway);
        GatewayTelemetry.TurnedAway(Name, code);
        return Task.FromResult(new GatewayAnswer(GatewayAnswerKind.NotSent, Code: code));
    }
}
