using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Orleans;
using Payments.Grains;

namespace Payments.Tests.Api;

/// <summary>Payment grains that answer what a test says, and remember that they were asked for.</summary>
public sealed class FakeGrains
{
    public FakeGrains()
    {
        // A proxy, because the interface has more members with one engine than with the other.
        Factory = DispatchProxy.Create<IGrainFactory, FactoryProxy>();
        ((FactoryProxy)(object)Factory).Grains = this;
        Reset();
    }

    public IGrainFactory Factory { get; }
    public ConcurrentQueue<string> Activated { get; } = new();
    public Func<ChargeRequest, Task<PaymentReply>> Charge { get; set; } = null!;
    public Func<CaptureRequest, Task<PaymentReply>> Capture { get; set; } = null!;
    public Func<CancelRequest, Task<PaymentReply>> Cancel { get; set; } = null!;
    public Func<RefundRequest, Task<PaymentReply>> Refund { get; set; } = null!;
    public Func<Guid?, TimeSpan, Task<PaymentReply>> Wait { get; set; } = null!;
    public Func<EntryRequest, Task<EntryReply>> Post { get; set; } = null!;
    public Func<ReversalRequest, Task<EntryReply>> Reverse { get; set; } = null!;
    public Func<long?, Task<bool>> Open { get; set; } = null!;
    public Func<string, string, Task> Deliver { get; set; } = null!;
    public Func<ReportRequest, ReportReply> Report { get; set; } = null!;
    public Func<ImmutableArray<GatewayReport>> Gateways { get; set; } = null!;

    /// <summary>Nothing is expected to be asked.</summary>
    public void Reset()
    {
        Activated.Clear();
        Charge = _ => throw new InvalidOperationException("No charge was expected.");
        Capture = _ => throw new InvalidOperationException("No capture was expected.");
        Cancel = _ => throw new InvalidOperationException("No cancellation was expected.");
        Refund = _ => throw new InvalidOperationException("No refund was expected.");
        Post = _ => throw new InvalidOperationException("No entry was expected.");
        Reverse = _ => throw new InvalidOperationException("No reversal was expected.");
        Report = _ => throw new InvalidOperationException("No report was expected.");
        Gateways = () => [];
        Deliver = (_, _) => Task.CompletedTask;
        Open = _ => throw new InvalidOperationException("No account was expected.");
        Wait = (_, _) => throw new InvalidOperationException("No waiting was expected.");
    }

    public class FactoryProxy : DispatchProxy
    {
        internal FakeGrains Grains { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var key = (string)args![0]!;
            Grains.Activated.Enqueue(key);
            var type = targetMethod!.GetGenericArguments().SingleOrDefault();
            return type == typeof(IPayoutGrain) ? new PayoutGrain()
                : type == typeof(IReportGrain) ? new ReportGrain(Grains)
                : type == typeof(IGatewayWatchGrain) ? new GatewayWatchGrain(Grains)
                : type == typeof(ILedgerEntryGrain) ? new LedgerEntryGrain(Grains)
                : type == typeof(IInboxGrain) ? new InboxGrain(Grains)
                : type == typeof(ILedgerAccountGrain) ? new LedgerAccountGrain(Grains)
                : new PaymentGrain(Grains);
        }
    }

    private sealed class PaymentGrain(FakeGrains grains) : IPaymentGrain
    {
        public Task<PaymentReply> ChargeAsync(ChargeRequest request) => grains.Charge(request);

        public Task<PaymentReply> CaptureAsync(CaptureRequest request) => grains.Capture(request);

        public Task<PaymentReply> CancelAsync(CancelRequest request) => grains.Cancel(request);

        public Task<PaymentReply> GetAsync() => throw new InvalidOperationException("The front end reads from the database.");

        public Task<PaymentReply> RefundAsync(RefundRequest request) => grains.Refund(request);

        public Task<PaymentReply> RefreshAsync() => grains.Wait(null, TimeSpan.Zero);

        public Task<PaymentReply> WaitAsync(Guid? operationId, TimeSpan patience, CancellationToken cancellationToken) => grains.Wait(operationId, patience);

        public Task WakeAsync() => throw new InvalidOperationException("The front end wakes nobody.");
    }

    private sealed class InboxGrain(FakeGrains grains) : IInboxGrain
    {
        public Task StartAsync() => throw new InvalidOperationException("The front end starts nobody.");

        public Task DeliverAsync(string source, string eventId) => grains.Deliver(source, eventId);
    }

    private sealed class ReportGrain(FakeGrains grains) : IReportGrain
    {
        public Task<ReportReply> CreateAsync(ReportRequest request) => Task.FromResult(grains.Report(request));

        public Task<ReportReply> EndAsync() => throw new InvalidOperationException("Nothing is expected to be ended.");

        public Task WakeAsync() => throw new InvalidOperationException("The front end wakes nobody.");
    }

    private sealed class GatewayWatchGrain(FakeGrains grains) : IGatewayWatchGrain
    {
        public Task ReportAsync(GatewayReport report) => throw new InvalidOperationException("The front end has nothing to report.");

        public Task<ImmutableArray<GatewayReport>> ListAsync() => Task.FromResult(grains.Gateways());
    }

    private sealed class PayoutGrain : IPayoutGrain
    {
        public Task<PayoutReply> RequestAsync(PayoutRequest request) => Task.FromResult(new PayoutReply(ReplyKind.Accepted));

        public Task<PayoutReply> RuleAsync(PayoutOutcome outcome) => Task.FromResult(new PayoutReply(ReplyKind.Accepted));

        public Task WakeAsync() => throw new InvalidOperationException("The front end wakes nobody.");
    }

    private sealed class LedgerEntryGrain(FakeGrains grains) : ILedgerEntryGrain
    {
        public Task<EntryReply> PostAsync(EntryRequest request) => grains.Post(request);

        public Task<EntryReply> ReverseAsync(ReversalRequest request) => grains.Reverse(request);
    }

    private sealed class LedgerAccountGrain(FakeGrains grains) : ILedgerAccountGrain
    {
        public Task<AccountView?> BalanceAsync() => throw new InvalidOperationException("The front end reads from the database.");

        public Task<bool> OpenAsync(long? minimum) => grains.Open(minimum);
    }
}
