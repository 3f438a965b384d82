using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Payments.Tests.Architecture;

namespace Payments.Tests.Engines;

/// <summary>What travels between silos does so by code that was generated for it, not by reflection.</summary>
public sealed class SerializerTests
{
    [Fact]
    public void Every_message_has_a_generated_serializer()
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var codecs = services.GetRequiredService<ICodecProvider>();
        foreach (var message in MessageTests.Messages)
        {
            var codec = codecs.TryGetCodec(message)?.GetType();
            Assert.True(codec?.Assembly == message.Assembly && codec.Namespace!.StartsWith("OrleansCodeGen", StringComparison.Ordinal), $"{message}: {codec}");
        }
    }
}
