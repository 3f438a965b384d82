using Payments.Storage.Postgres;

namespace Payments.Tests.Storage;

public sealed class BatchPaceTests
{
    [Theory]
    [InlineData(0, 0, 0, 0)]      // the first of all
    [InlineData(1, 0, 0, 2)]
    [InlineData(1, 1.5, 1.5, 0)]  // a single commit takes longer than its pace: the next one waits for nobody
    [InlineData(3, 2, 2, 4)]
    [InlineData(5, 0, 0, 10)]
    [InlineData(200, 4, 4, 6)]    // a batch that is written soon is followed by one every ten milliseconds
    [InlineData(200, 8, 8, 4)]    // where it takes longer, half as long again as it took
    [InlineData(7, 12, 12, 2)]    // but two milliseconds a commit at most
    [InlineData(200, 16, 16, 8)]
    [InlineData(256, 20, 20, 5)]  // never more than twenty-five milliseconds from one to the next
    [InlineData(256, 10_000, 10_000, 0)]
    [InlineData(256, 20, 24.5, 0)]
    public void The_next_batch_begins_when_the_pace_of_the_one_before_says(int commits, double took, double since, double rest) =>
        Assert.Equal(TimeSpan.FromMilliseconds(rest), BatchPace.Rest(commits, TimeSpan.FromMilliseconds(took), TimeSpan.FromMilliseconds(since)));

    [Theory]
    [InlineData(100, 1)]
    [InlineData(400, 1)]
    [InlineData(1000, 10)]
    [InlineData(5000, 50)]
    public void Batches_shrink_to_single_commits_where_few_come_and_grow_where_many_do(int perSecond, int expected)
    {
        var batch = 8;
        for (var i = 0; i < 50; i++)
        {
            batch = Math.Max(1, (int)(perSecond * BatchPace.Rest(batch, TimeSpan.Zero, TimeSpan.Zero).TotalSeconds));
        }

        Assert.Equal(expected, batch);
    }
}
