using System.Text;
using Payments.GatewaySimulator.Record;

namespace Payments.Tests.Gateways;

/// <summary>The simulator's record: whole after any cut, and written in groups.</summary>
public sealed class SimulatorRecordTests : IDisposable
{
    private readonly string path = Path.Combine(Directory.CreateTempSubdirectory("record-").FullName, "operations.record");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);

    [Fact]
    public async Task Cut_anywhere_it_keeps_every_whole_record_and_goes_on()
    {
        await AppendAsync("one", "two", "three");
        var whole = await File.ReadAllBytesAsync(path);
        for (var length = 0; length <= whole.Length; length++)
        {
            await File.WriteAllBytesAsync(path, whole[..length]);
            var kept = Replay().Count;
            Assert.Equal(length switch { < 11 => 0, < 22 => 1, < 35 => 2, _ => 3 }, kept);
            await AppendAsync("next");
            Assert.Equal([.. new[] { "one", "two", "three" }.Take(kept), "next"], Replay());
        }
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 1, 2, 3, 4 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 9, 9, 9, 9, 65 })]
    public async Task A_torn_tail_is_cut(byte[] tail)
    {
        await AppendAsync("one");
        var length = new FileInfo(path).Length;
        await File.AppendAllBytesAsync(path, tail);
        Assert.Equal(["one"], Replay());
        Assert.Equal(length, new FileInfo(path).Length);
    }

    [Fact]
    public async Task Records_of_many_callers_come_back_in_the_order_of_their_places()
    {
        using var record = RecordFile.Open(path, (_, _) => { });
        var positions = await Task.WhenAll(Enumerable.Range(0, 5_000).Select(n => Task.Run(async () =>
        {
            var receipt = record.Append(Encoding.UTF8.GetBytes($"{n} {new string('x', n % 700)}"));
            await receipt.Durable;
            Assert.StartsWith($"{n} ", Encoding.UTF8.GetString(record.Read(receipt.Position).Span));
            return receipt.Position;
        })));
        Assert.Equal(positions.Order(), record.Scan(0, record.DurableLength).Select(found => found.Position));
    }

    [Fact]
    public void One_process_at_a_time_has_the_file()
    {
        using var record = RecordFile.Open(path, (_, _) => { });
        Assert.Throws<IOException>(() => RecordFile.Open(path, (_, _) => { }));
    }

    [Fact]
    public void The_checksum_is_the_published_one() => Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));

    private async Task AppendAsync(params string[] texts)
    {
        using var record = RecordFile.Open(path, (_, _) => { });
        foreach (var text in texts)
        {
            await record.Append(Encoding.UTF8.GetBytes(text)).Durable;
        }
    }

    private List<string> Replay()
    {
        var texts = new List<string>();
        using var record = RecordFile.Open(path, (_, payload) => texts.Add(Encoding.UTF8.GetString(payload.Span)));
        return texts;
    }
}
