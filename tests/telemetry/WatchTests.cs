using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Payments.Silo;
using Payments.Tests.Support;

namespace Payments.Tests.Telemetry;

/// <summary>What is shown while the database is away is what was seen last, and tells how old it is.</summary>
public sealed class WatchTests
{
    [Fact]
    public async Task The_age_of_what_is_shown_grows_while_nothing_can_be_seen_and_falls_when_it_can()
    {
        using var age = new WatchAge(TimeProvider.System);
        using var watch = new Looking(age);
        await watch.StartAsync(CancellationToken.None);
        await Eventually.BecomesAsync(true, () => Task.FromResult(watch.Looks > 1));
        Assert.InRange(Age(), 0, 5);

        watch.IsAway = true;
        await Eventually.BecomesAsync(true, () => Task.FromResult(Age() > 1));

        watch.IsAway = false;
        await Eventually.BecomesAsync(true, () => Task.FromResult(Age() < 1));
        await watch.StopAsync(CancellationToken.None);
    }

    private static double Age()
    {
        var measured = double.NaN;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "payments.watch.age")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
        {
            if (tags[0].Value is "looking")
            {
                measured = value;
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return measured;
    }

    private sealed class Looking(WatchAge age) : Watch("Payments.Looking", TimeSpan.FromMilliseconds(20), age, TimeProvider.System, NullLogger.Instance)
    {
        private int looks;

        public volatile bool IsAway;

        public int Looks => looks;

        protected override Task LookAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref looks);
            return IsAway ? throw new TimeoutException() : Task.CompletedTask;
        }
    }
}
