using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;

namespace Payments.Tests.Engines;

/// <summary>What Orleans' reminder provider expects of our table and queries.</summary>
public sealed class ReminderContractTests
{
    private static readonly DateTime Start = new(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public async Task A_reminder_comes_back_as_it_was_set_and_a_new_one_of_its_name_replaces_it()
    {
        await using var node = await OrleansNode.StartAsync();
        var table = node.Services.GetRequiredService<IReminderTable>();
        var first = Assert.IsType<string>(await table.UpsertRow(Reminder(1, TimeSpan.FromMinutes(1))));
        var second = Assert.IsType<string>(await table.UpsertRow(Reminder(1, TimeSpan.FromDays(60))));
        Assert.NotEqual(first, second);

        var read = Assert.IsType<ReminderEntry>(await table.ReadRow(Grain(1), "wake"));
        Assert.Equal((Grain(1), "wake", Start, TimeSpan.FromDays(60), second), (read.GrainId, read.ReminderName, read.StartAt, read.Period, read.ETag));
        Assert.Single((await table.ReadRows(Grain(1))).Reminders);
        Assert.Null(await table.ReadRow(Grain(2), "wake"));
    }

    [Fact]
    public async Task A_reminder_is_deleted_only_by_its_own_version_even_after_it_was_set_anew()
    {
        await using var node = await OrleansNode.StartAsync();
        var table = node.Services.GetRequiredService<IReminderTable>();
        var old = Assert.IsType<string>(await table.UpsertRow(Reminder(1, TimeSpan.FromMinutes(1))));
        Assert.True(await table.RemoveRow(Grain(1), "wake", old));
        Assert.False(await table.RemoveRow(Grain(1), "wake", old));
        await table.UpsertRow(Reminder(1, TimeSpan.FromMinutes(1)));
        Assert.False(await table.RemoveRow(Grain(1), "wake", old));
        Assert.NotNull(await table.ReadRow(Grain(1), "wake"));
    }

    [Fact]
    public async Task Every_reminder_is_in_exactly_one_range_however_the_ring_is_cut()
    {
        await using var node = await OrleansNode.StartAsync();
        var table = node.Services.GetRequiredService<IReminderTable>();
        for (var i = 0; i < 40; i++)
        {
            await table.UpsertRow(Reminder(i, TimeSpan.FromMinutes(1)));
        }

        foreach (uint[] cuts in new uint[][] { [7], [1, 0x8000_0000], [10, 0x4000_0000, 0x7FFF_FFFF, 0x8000_0000, 0xC000_0000, 0xFFFF_FFFF] })
        {
            var found = new List<GrainId>();
            for (var i = 0; i < cuts.Length; i++)
            {
                var (begin, end) = (cuts[i], cuts[(i + 1) % cuts.Length]);
                var range = RangeFactory.CreateRange(begin, end);
                var rows = (await table.ReadRows(begin, end)).Reminders;
                Assert.All(rows, row => Assert.True(range.InRange(row.GrainId)));
                found.AddRange(rows.Select(row => row.GrainId));
            }

            Assert.Equal(Enumerable.Range(0, 40).Select(Grain).Order(), found.Order());
        }
    }

    private static GrainId Grain(int number) => GrainId.Create("payment", $"mer_x/pay_{number}");

    private static ReminderEntry Reminder(int grain, TimeSpan period) => new() { GrainId = Grain(grain), ReminderName = "wake", StartAt = Start, Period = period };
}
