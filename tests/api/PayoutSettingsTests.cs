using System.Text.Json;

namespace Payments.Tests.Api;

/// <summary>How payouts are made is held to rules before it is stored.</summary>
public sealed class PayoutSettingsTests(ApiHost api) : IClassFixture<ApiHost>
{
    [Theory]
    [InlineData("destination", "DE89370400440532013001", "field_invalid")]
    [InlineData("destination", "4242424242424242", "card_number_refused")]
    [InlineData("destination", "DE89 3704 0044 0532 0130 00", "field_invalid")]
    [InlineData("schedule", "hourly", "field_invalid")]
    [InlineData("reserve", -1, "field_invalid")]
    [InlineData("minimum", 0, "field_invalid")]
    [InlineData("delay_days", 366, "field_invalid")]
    [InlineData("holder", "", "field_invalid")]
    public async Task Settings_that_break_a_rule_are_refused_by_the_field(string field, object value, string code) =>
        (await PutAsync("EUR", field, value)).Problem(400, code, field);

    [Fact]
    public async Task Settings_are_of_a_currency_and_have_defaults()
    {
        (await PutAsync("EURO", "schedule", "daily")).Problem(400, "field_invalid", "currency");
        var set = await PutAsync("EUR", "schedule", "weekly");
        Assert.Equal((200, 1, 2, 0), ((int)set.Status, (int)set.Json["minimum"]!, (int)set.Json["delay_days"]!, (int)set.Json["reserve"]!));
    }

    private Task<Answer> PutAsync(string currency, string field, object value) => api.SendAsync(
        HttpMethod.Put, $"/v1/admin/merchants/mer_2d4f6h8k0m1n3p5r7t9v1x3z58/payout-settings/{currency}",
        JsonSerializer.Serialize(new Dictionary<string, object> { ["schedule"] = "manual", ["destination"] = "DE89370400440532013000", ["holder"] = "Shop", [field] = value }),
        api.Queries.AddKey(null, "operator"));
}
