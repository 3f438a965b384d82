using Payments.GatewaySimulator.Record;

namespace Payments.GatewaySimulator.Rules;

/// <summary>The card processor: one effect a key, durable before it is answered.</summary>
internal sealed class Processor(RecordFile record, OperationIndex index, TimeSpan slowFor, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Digest, Running> running = [];

    /// <summary>Faults by chance, for every charge and refund from now on.</summary>
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

    public (EffectTotals Charges, EffectTotals Refunds) Totals()
    {
        lock (gate)
        {
            return (index.Charges.Copy(), index.Refunds.Copy());
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
            return run.Order == order ? await run.Done : KeyReused;
        }

        var recorded = Load(recordedAt!.Value);
        return recorded.Order == order ? new Outcome.Decided(recorded) : KeyReused;
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
                outcome = Decide(run.Order);
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

    private Outcome Decide(Order order) => order.Kind switch
    {
        OperationKind.Charge => Decided(order, null, TestTokens.DeclineCode(order.Source)),
        OperationKind.Refund => DecideRefund(order),
    };

    private Outcome DecideRefund(Order order)
    {
        // A charge that is still being written is not a charge yet, and its place in the record cannot be read.
        if (!Order.TryParseChargeId(order.Source, out var chargeKey)
            || running.ContainsKey(chargeKey)
            || index.Find(chargeKey) is not { } position
            || Load(position) is not { IsEffect: true, Order: { Kind: OperationKind.Charge } charge })
        {
            return new Outcome.Refused(new Refusal("unknown_charge", "charge_id", "No approved charge has this id."));
        }

        if (charge.Currency != order.Currency)
        {
            return new Outcome.Refused(new Refusal("currency_mismatch", "currency", $"The charge is in {charge.Currency}."));
        }

        var declineCode = order.Amount % 100 == 77 ? "refund_refused"
            : index.Refunded(chargeKey) + order.Amount > charge.Amount ? "refund_exceeds_charge"
            : null;
        return Decided(order, charge.Reference, declineCode);
    }

    private Outcome.Decided Decided(Order order, string? chargeReference, string? declineCode) =>
        new(new Operation(order, chargeReference, declineCode, clock.GetUtcNow()));

    private Operation Load(long position) => Operation.FromBytes(record.Read(position).Span);

    private static Outcome.Refused KeyReused { get; } =
        new(new Refusal("idempotency_key_reused", "Idempotency-Key", "The key was used before with another content."));

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
