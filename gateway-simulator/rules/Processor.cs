using Payments.GatewaySimulator.Record;

namespace Payments.GatewaySimulator.Rules;

/// <summary>The card processor: one effect a key, durable before it is answered.</summary>
internal sealed class Processor(
    RecordFile record, OperationIndex index, TimeSpan slowFor, TimeSpan shortAuthorizationFor, TimeProvider clock)
{
    private static readonly TimeSpan AuthorizationFor = TimeSpan.FromDays(7);

    private readonly Lock gate = new();
    private readonly Dictionary<Digest, Running> running = [];

    /// <summary>Faults by chance, for every order from now on.</summary>
    public FaultDial Faults { get; set; } = FaultDial.Off;

    public RequestCounts Counts { get; } = new();

    public bool IsHealthy => record.IsHealthy;

    /// <summary>Meets one request as the token and the fault dial say.</summary>
    public async Task<Outcome> HandleAsync(Order order)
    {
        var key = Digest.Of(order.IdempotencyKey);
        int attempt;
        lock (gate)
        {
            attempt = index.CountAttempt(key);
        }

        var plan = TestTokens.Plan(order.Source, attempt, slowFor).And(Faults.Plan(order.IdempotencyKey, attempt));
        Counts.Count(plan);
        if (plan.Unavailable)
        {
            return new Outcome.TurnedAway();
        }

        if (plan.LostBefore)
        {
            return new Outcome.NoAnswer();
        }

        var outcome = await OnceAsync(order, key, plan.Slow);
        return plan.LostAfter ? new Outcome.NoAnswer() : outcome;
    }

    /// <summary>The order with this reference, and how it was decided; null while it is pending.</summary>
    public (Order Order, Operation? Decided)? Find(string reference)
    {
        long position;
        lock (gate)
        {
            if (index.FindKey(reference) is not { } key)
            {
                return null;
            }

            if (running.TryGetValue(key, out var run))
            {
                return (run.Order, null);
            }

            if (index.Find(key) is not { } found)
            {
                return null;
            }

            position = found;
        }

        var operation = Load(position);
        return (operation.Order, operation);
    }

    /// <summary>The durable effects after the first <paramref name="after"/> ones, numbered from 1, read as they are asked for.</summary>
    public IEnumerable<(long Number, Operation Effect)> EffectsAfter(long after)
    {
        (long Position, long Before) start;
        lock (gate)
        {
            start = index.StartOfEffects(after);
        }

        var number = start.Before;
        foreach (var (_, payload) in record.Scan(start.Position, record.DurableLength))
        {
            var operation = Operation.FromBytes(payload.Span);
            if (operation.IsEffect && ++number > after)
            {
                yield return (number, operation);
            }
        }
    }

    public IReadOnlyDictionary<OperationKind, EffectTotals> Totals()
    {
        lock (gate)
        {
            return index.Totals.ToDictionary(kind => kind.Key, kind => kind.Value.Copy());
        }
    }

    /// <summary>Does the work, waits for whoever does it, or repeats what was decided.</summary>
    private async Task<Outcome> OnceAsync(Order order, Digest key, TimeSpan slow)
    {
        Running? run;
        long? recordedAt = null;
        lock (gate)
        {
            if (!running.TryGetValue(key, out run) && (recordedAt = index.Find(key)) is null)
            {
                run = Start(order, key, slow);
            }
            else
            {
                Counts.CountReplay();
            }
        }

        if (run is not null)
        {
            return run.Order.AsksTheSameAs(order) ? await run.Done : KeyReused;
        }

        var recorded = Load(recordedAt!.Value);
        return recorded.Order.AsksTheSameAs(order) ? new Outcome.Decided(recorded) : KeyReused;
    }

    private Running Start(Order order, Digest key, TimeSpan slow)
    {
        var run = new Running(order);
        running.Add(key, run);
        index.Expect(order.Reference, key);
        // Belongs to no request: a client that goes away does not stop the work.
        _ = WorkAsync(run, key, slow);
        return run;
    }

    private async Task WorkAsync(Running run, Digest key, TimeSpan slow)
    {
        try
        {
            if (slow > TimeSpan.Zero)
            {
                await Task.Delay(slow, clock);
            }

            Outcome outcome;
            var durable = Task.CompletedTask;
            lock (gate)
            {
                outcome = Decide(run.Order, clock.GetUtcNow());
                if (outcome is Outcome.Decided decided)
                {
                    // In one turn with the decision, so that the record tells the order in which limits were judged.
                    (var position, durable) = record.Append(decided.Operation.ToBytes());
                    index.Add(decided.Operation, position);
                }
            }

            await durable;
            Finish(run, key, outcome);
        }
        catch (Exception exception)
        {
            // The record failed: whether there is an effect is known only after the next start, so nobody gets an answer.
            run.Fail(exception);
        }
    }

    private void Finish(Running run, Digest key, Outcome outcome)
    {
        lock (gate)
        {
            running.Remove(key);
            if (outcome is Outcome.Refused)
            {
                index.Forget(run.Order.Reference, key);
            }
        }

        run.Finish(outcome);
    }

    private Outcome Decide(Order order, DateTimeOffset now) => order.Kind switch
    {
        OperationKind.Charge => Decided(new Operation(order, null, TestTokens.DeclineCode(order.Source), now)),
        OperationKind.Authorization => DecideAuthorization(order, now),
        OperationKind.Capture or OperationKind.Void => DecideUse(order, now),
        OperationKind.Refund => DecideRefund(order, now),
    };

    private Outcome.Decided DecideAuthorization(Order order, DateTimeOffset now)
    {
        var life = order.Source == TestTokens.AuthorizationExpires ? shortAuthorizationFor : AuthorizationFor;
        return Decided(TestTokens.DeclineCode(order.Source) is { } declineCode
            ? new Operation(order, null, declineCode, now)
            : new Operation(order, null, null, now, now + life));
    }

    private Outcome DecideUse(Order order, DateTimeOffset now)
    {
        if (FindEffect(order.Source, out var key) is not { Order: { Kind: OperationKind.Authorization } authorization } found)
        {
            return Refused("unknown_authorization", "authorization_id", "No approved authorization has this id.");
        }

        var use = index.Use(key);
        var left = authorization.Amount - use.Captured;
        var declineCode = now >= found.ExpiresAt ? "authorization_expired"
            : use.Closed || left == 0 ? "authorization_closed"
            : null;
        if (order.Kind == OperationKind.Void)
        {
            var released = order with { Amount = declineCode is null ? left : 0, Currency = authorization.Currency };
            return Decided(new Operation(released, authorization.Reference, declineCode, now));
        }

        if (authorization.Currency != order.Currency)
        {
            return Refused("currency_mismatch", "currency", $"The authorization is in {authorization.Currency}.");
        }

        declineCode ??= order.Amount > left ? "capture_exceeds_authorization"
            : order.Amount % 100 == 78 ? "capture_refused"
            : null;
        return Decided(new Operation(order, authorization.Reference, declineCode, now));
    }

    private Outcome DecideRefund(Order order, DateTimeOffset now)
    {
        if (FindEffect(order.Source, out var key) is not
            { Order: { Kind: OperationKind.Charge or OperationKind.Authorization } source })
        {
            return Refused("unknown_charge", "charge_id", "No approved charge or authorization has this id.");
        }

        if (source.Currency != order.Currency)
        {
            return Refused("currency_mismatch", "currency", $"The charge is in {source.Currency}.");
        }

        var taken = source.Kind == OperationKind.Charge ? source.Amount : index.Use(key).Captured;
        var declineCode = order.Amount % 100 == 77 ? "refund_refused"
            : index.Refunded(key) + order.Amount > taken ? "refund_exceeds_charge"
            : null;
        return Decided(new Operation(order, source.Reference, declineCode, now));
    }

    /// <summary>The approved operation with this id, and the digest of its key.</summary>
    /// <remarks>One that is still being written does not count yet, and its place in the record cannot be read.</remarks>
    private Operation? FindEffect(string id, out Digest key) =>
        Order.TryParseId(id, out key)
        && !running.ContainsKey(key)
        && index.Find(key) is { } position
        && Load(position) is { IsEffect: true } found
        && found.Order.Id == id
            ? found
            : null;

    private static Outcome.Decided Decided(Operation operation) => new(operation);

    private static Outcome.Refused Refused(string code, string field, string message) => new(new Refusal(code, field, message));

    private Operation Load(long position) => Operation.FromBytes(record.Read(position).Span);

    private static Outcome.Refused KeyReused { get; } =
        Refused("idempotency_key_reused", "Idempotency-Key", "The key was used before with another content.");

    /// <summary>An order whose outcome is not durable yet.</summary>
    private sealed class Running(Order order)
    {
        private readonly TaskCompletionSource<Outcome> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Order Order => order;

        public Task<Outcome> Done => done.Task;

        public void Finish(Outcome outcome) => done.SetResult(outcome);

        public void Fail(Exception exception) => done.SetException(exception);
    }
}
