using Payments.GatewaySimulator.Record;

namespace Payments.GatewaySimulator.Rules;

/// <summary>The card processor: one effect a key, durable before it is answered.</summary>
internal sealed class Processor(RecordFile record, OperationIndex index, SimulatorSettings settings, Webhooks webhooks, TimeProvider clock)
{
    private static readonly TimeSpan AuthorizationFor = TimeSpan.FromDays(7);

    private readonly Lock gate = new();
    private DateTimeOffset downUntil;
    private readonly Dictionary<Digest, Running> running = [];

    /// <summary>Faults by chance, for every order from now on.</summary>
    public FaultDial Faults { get; set; } = FaultDial.Off;

    public RequestCounts Counts { get; } = new();

    /// <summary>Whether it answers nobody.</summary>
    public bool IsDown => clock.GetUtcNow() < downUntil;

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>From now on it answers nobody for so long, and sends nothing: connections break before any work.</summary>
    public void GoDown(TimeSpan time)
    {
        downUntil = clock.GetUtcNow() + time;
        webhooks.Rest(time);
    }

    public bool IsHealthy => record.IsHealthy;

    /// <summary>Meets one request as the token and the fault dial say.</summary>
    public async Task<Outcome> HandleAsync(Order order)
    {
        order = AsRemembered(order);
        var key = Digest.Of(order.IdempotencyKey);
        int attempt;
        lock (gate)
        {
            attempt = index.CountAttempt(key);
        }

        var plan = TestTokens.Plan(order.Source, attempt, settings.SlowFor).And(Faults.Plan(order.IdempotencyKey, attempt));
        Counts.Count(plan);
        if (plan.Unavailable)
        {
            return new Outcome.TurnedAway();
        }

        if (plan.LostBefore)
        {
            return new Outcome.NoAnswer();
        }

        var outcome = await OnceAsync(order, key, plan);
        if (plan.SlowAnswer > TimeSpan.Zero)
        {
            await Task.Delay(plan.SlowAnswer, clock);
        }

        return plan.LostAfter ? new Outcome.NoAnswer() : outcome;
    }

    // A key whose life is over is a new one: the same order is then done again.
    private Order AsRemembered(Order order)
    {
        while (settings.KeyLife > TimeSpan.Zero && Recorded(Digest.Of(order.IdempotencyKey)) is { } known && known.At + settings.KeyLife < clock.GetUtcNow())
        {
            order = order with { IdempotencyKey = $"{order.IdempotencyKey}~" };
        }

        return order;
    }

    private Operation? Recorded(Digest key)
    {
        long? position;
        lock (gate)
        {
            position = running.ContainsKey(key) ? null : index.Find(key);
        }

        return position is { } found ? Load(found) : null;
    }

    /// <summary>The customer does what was wanted of it, or will not, and waits until that is decided; false when nothing is wanted.</summary>
    public async Task<(bool IsWanted, string? ReturnUrl)> ActAsync(string id, bool confirms)
    {
        Running? run;
        lock (gate)
        {
            if (!Order.TryParseId(id, out var key) || !running.TryGetValue(key, out run) || run.Order.Id != id || run.Customer is not { } customer
                || !customer.TrySetResult(confirms ? null : "customer_declined"))
            {
                return (false, null);
            }
        }

        await run.Done;
        return (true, run.Order.ReturnUrl);
    }

    /// <summary>What began before a restart and has not ended goes on.</summary>
    public void Resume(IEnumerable<Operation> unfinished)
    {
        foreach (var operation in unfinished)
        {
            GoOn(operation);
        }
    }

    /// <summary>Whether something will still happen to it by itself.</summary>
    public static bool IsUnfinished(Operation operation) => operation is { IsEffect: true, IsReversed: false, DisputeClosedAt: null }
        && ((operation.Order.Kind == OperationKind.Charge && TestTokens.IsDisputed(operation.Order.Source)) || (operation.Order.Kind == OperationKind.Refund && operation.Order.Amount % 100 == 76)
            || (operation.Order.Kind == OperationKind.Transfer && operation.Order.Amount % 100 == 75));

    /// <summary>The order with this reference, how it was decided (null while it is pending), and whether it waits for the customer.</summary>
    public (Order Order, Operation? Decided, bool WaitsForCustomer)? Find(string reference)
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
                return (run.Order, null, run.Customer is not null);
            }

            if (index.Find(key) is not { } found)
            {
                return null;
            }

            position = found;
        }

        var operation = Load(position);
        return (operation.Order, operation, false);
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
            if (operation is { IsEffect: true, IsSequel: false } && ++number > after)
            {
                yield return (number, operation);
            }
        }
    }

    /// <summary>All that moved money from an instant (UTC, included) to another (not included), in order, read as it is asked for.</summary>
    /// <remarks>The other instant must have passed: then everything before it is in the record, and the same lines come whenever they are asked for.</remarks>
    /// <exception cref="IOException">The record cannot be written: what waits for the disk may have happened or not.</exception>
    public async Task<IEnumerable<SettlementLine>> SettlementAsync(DateTimeOffset from, DateTimeOffset to)
    {
        Task durable;
        lock (gate)
        {
            durable = record.FlushedAsync();
        }

        await durable;
        return SettlementLine.Of(record.Scan(0, record.DurableLength).Select(read => Operation.FromBytes(read.Payload.Span)), from, to);
    }

    public IReadOnlyDictionary<OperationKind, EffectTotals> Totals()
    {
        lock (gate)
        {
            return index.Totals.ToDictionary(kind => kind.Key, kind => kind.Value.Copy());
        }
    }

    /// <summary>Does the work, waits for whoever does it, or repeats what was decided.</summary>
    private async Task<Outcome> OnceAsync(Order order, Digest key, FaultPlan plan)
    {
        Running? run;
        long? recordedAt = null;
        lock (gate)
        {
            if (!running.TryGetValue(key, out run) && (recordedAt = index.Find(key)) is null)
            {
                run = Start(order, key, plan);
            }
            else
            {
                Counts.CountReplay();
            }
        }

        if (run is not null)
        {
            return !run.Order.AsksTheSameAs(order) ? KeyReused
                : run.IsTakenUp && !run.Done.IsCompleted ? new Outcome.Accepted(run.Order, run.Customer is not null)
                : await run.Done;
        }

        var recorded = Load(recordedAt!.Value);
        return recorded.Order.AsksTheSameAs(order) ? new Outcome.Decided(recorded) : KeyReused;
    }

    private Running Start(Order order, Digest key, FaultPlan plan)
    {
        var run = new Running(order);
        running.Add(key, run);
        index.Expect(order.Reference, key);
        // Belongs to no request: a client that goes away does not stop the work.
        _ = WorkAsync(run, key, plan);
        return run;
    }

    private async Task WorkAsync(Running run, Digest key, FaultPlan plan)
    {
        try
        {
            if (plan.Slow > TimeSpan.Zero)
            {
                await Task.Delay(plan.Slow, clock);
            }

            var refusal = await DecideLaterAsync(run);
            Outcome outcome;
            var durable = Task.CompletedTask;
            lock (gate)
            {
                outcome = refusal is null
                    ? Decide(run.Order, clock.GetUtcNow())
                    : Decided(new Operation(run.Order, null, refusal, clock.GetUtcNow()));
                if (outcome is Outcome.Decided decided)
                {
                    // In one turn with the decision, so that the record tells the order in which limits were judged.
                    (var position, durable) = record.Append(decided.Operation.ToBytes());
                    index.Add(decided.Operation, position);
                }
            }

            await durable;
            Finish(run, key, outcome);
            if (outcome is Outcome.Decided { Operation: var done })
            {
                // Of transfers nobody is told: banks are asked.
                if (done.Order.Kind != OperationKind.Transfer && (Faults.Webhooks == "all" || run.IsTakenUp || plan.LostAfter || plan.Slow > TimeSpan.Zero || plan.SlowAnswer > TimeSpan.Zero))
                {
                    webhooks.Tell(WebhookEvent.Of(done), Faults);
                }

                GoOn(done);
            }
        }
        catch (Exception exception)
        {
            // The record failed: whether there is an effect is known only after the next start, so nobody gets an answer.
            run.Fail(exception);
        }
    }

    // Null: as its token and the limits say.
    private async Task<string?> DecideLaterAsync(Running run)
    {
        if (run.Customer is { } customer)
        {
            try
            {
                return await customer.Task.WaitAsync(settings.ActionFor, clock);
            }
            catch (TimeoutException)
            {
                return "action_expired";
            }
        }

        if (run.IsTakenUp)
        {
            await Task.Delay(settings.PendingFor, clock);
        }

        return null;
    }

    // What happens to an operation after it was decided, without anybody asking.
    private void GoOn(Operation operation)
    {
        if (!IsUnfinished(operation))
        {
            return;
        }

        _ = operation.Order.Kind == OperationKind.Charge ? DisputeAsync(operation) : ReverseAsync(operation);
    }

    private async Task ReverseAsync(Operation operation)
    {
        await Task.Delay(settings.PendingFor, clock);
        var reversed = await RecordAsync(now => operation with { ReversedAt = now });
        if (reversed.Order.Kind == OperationKind.Refund)
        {
            webhooks.Tell(WebhookEvent.Of(reversed), Faults);
        }
    }

    private async Task DisputeAsync(Operation charge)
    {
        if (charge.DisputedAt is null)
        {
            await Task.Delay(settings.PendingFor, clock);
            charge = await RecordAsync(now => charge with { DisputedAt = now });
        }

        // Told again after a restart: whoever took it before knows it by its id.
        webhooks.Tell(WebhookEvent.Opened(charge), Faults);
        await Task.Delay(settings.PendingFor, clock);
        webhooks.Tell(WebhookEvent.Closed(await RecordAsync(now => charge with { DisputeClosedAt = now })), Faults);
    }

    // The time is taken in one turn with the record, so that the record is in the order of its times.
    private async Task<Operation> RecordAsync(Func<DateTimeOffset, Operation> sequel)
    {
        Operation operation;
        Task durable;
        lock (gate)
        {
            operation = sequel(clock.GetUtcNow());
            (var position, durable) = record.Append(operation.ToBytes());
            index.Add(operation, position);
        }

        await durable;
        return operation;
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
        OperationKind.Transfer => Decided(new Operation(order, null, order.Amount % 100 == 79 ? "account_closed" : null, now)),
    };

    private Outcome.Decided DecideAuthorization(Order order, DateTimeOffset now)
    {
        var life = order.Source == TestTokens.AuthorizationExpires ? settings.ShortAuthorizationFor : AuthorizationFor;
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

        /// <summary>Its first answer is that it was taken up.</summary>
        public bool IsTakenUp { get; } = order.Kind == OperationKind.Transfer ? order.Amount % 100 == 73
            : order.Kind is OperationKind.Charge or OperationKind.Authorization && (TestTokens.IsPending(order.Source) || order.Source == TestTokens.RequiresAction);

        /// <summary>What the customer decides: null to go on, else why not.</summary>
        public TaskCompletionSource<string?>? Customer { get; } = order.Source == TestTokens.RequiresAction
            ? new(TaskCreationOptions.RunContinuationsAsynchronously)
            : null;

        public Task<Outcome> Done => done.Task;

        public void Finish(Outcome outcome) => done.SetResult(outcome);

        public void Fail(Exception exception) => done.SetException(exception);
    }
}
