using System.Diagnostics;
using System.Threading.Channels;

namespace Payments.Benchmarks.Load;

/// <summary>When requests of an open loop begin: evenly, whatever becomes of those before them.</summary>
internal sealed class Schedule
{
    private readonly Channel<TimeSpan> due = Channel.CreateUnbounded<TimeSpan>(new() { AllowSynchronousContinuations = true });

    public Schedule(Stopwatch clock, double perSecond, TimeSpan until)
    {
        var thread = new Thread(() =>
        {
            for (long number = 0; ; number++)
            {
                var start = TimeSpan.FromSeconds(number / perSecond);
                while (clock.Elapsed is var now && now < start)
                {
#pragma warning disable RS0030 // A schedule is kept by waiting for its instants, and by nothing else.
                    // Whole milliseconds: less is a sleep of none, and a busy loop that takes a processor from what is measured.
                    Thread.Sleep((int)Math.Ceiling((start - now).TotalMilliseconds));
#pragma warning restore RS0030
                }

                due.Writer.TryWrite(start);
                if (start >= until)
                {
                    break;
                }
            }

            due.Writer.Complete();
        })
        { IsBackground = true };
        thread.Start();
    }

    /// <summary>When the next one should have begun; <see cref="TimeSpan.MaxValue"/> when there is none.</summary>
    public async ValueTask<TimeSpan> NextAsync()
    {
        try
        {
            // Hands each to one who waits. To wait for there being one would wake all of them, hundreds, for each.
            return await due.Reader.ReadAsync();
        }
        catch (ChannelClosedException)
        {
            return TimeSpan.MaxValue;
        }
    }
}
