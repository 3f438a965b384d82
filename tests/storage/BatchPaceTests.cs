using Payments.Storage.Postgres;

namespace Payments.Tests.Storage;

public sealed class BatchPaceTests
{
    [Theory]
    [InlineData(0, 0, 0)]      // the first of all
    [InlineData(1, 0, 2)]
    [InlineData(1, 1.5, 0)]    // a single commit takes longer than its pace: the next one waits for nobody
    [InlineData(3, 2, 4)]
    [InlineData(5, 0, 10)]
    [InlineData(200, 4, 6)]    // never more than ten milliseconds from one to the next
    [InlineData(256, 12, 0)]
    [InlineData(256, 9.5, 0)]
    public void The_next_batch_begins_two_milliseconds_a_commit_after_the_one_before_and_at_most_ten(int commits, double since, double rest) =>
        Assert.Equal(TimeSpan.FromMilliseconds(rest), BatchPace.Rest(commits, TimeSpan.FromMilliseconds(since)));

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
            batch = Math.Max(1, (int)(perSecond * BatchPace.Rest(batch, TimeSpan.Zero).TotalSeconds));
        }

        Assert.Equal(expected, batch);
    }
}
