"""Schemas of postal addresses."""

from typing import Annotated

from pydantic import ConfigDict, Field

from domain.orders.address import ADDRESS_LINE, CITY, COUNTRY, POSTAL_CODE, RECIPIENT, REGION, Address
from entrypoints.http.representation.schemas import (
    RequestModel,
    text_of,
)


class AddressSchema(RequestModel):
    """A postal address."""

    model_config = ConfigDict(title="Address", from_attributes=True)

    name: Annotated[str, text_of(RECIPIENT), Field(examples=["Maria Anders"])] = Field(
        description="The recipient: a person or a company."
    )
    line1: Annotated[str, text_of(ADDRESS_LINE), Field(examples=["Obere Str. 57"])] = Field(
        description="The street and house number, or a post office box."
    )
    line2: Annotated[str, text_of(ADDRESS_LINE)] | None = Field(
        None, description="A further line, such as a floor or a department."
    )
    city: Annotated[str, text_of(CITY), Field(examples=["Berlin"])] = Field(description="The city or town.")
    region: Annotated[str, text_of(REGION)] | None = Field(
        None, description="The state, province or county, where addresses have one."
    )
    postal_code: Annotated[str, text_of(POSTAL_CODE), Field(examples=["12209"])] | None = Field(
        None, description="The postal code, where addresses have one."
    )
    country: Annotated[
        str,
        text_of(COUNTRY),
        Field(description="The code of the country (ISO 3166-1 alpha-2).", examples=["DE"]),
    ]

    def to_address(self) -> Address:
        return Address(
            name=self.name,
            line1=self.line1,
            line2=self.line2,
            city=self.city,
            region=self.region,
            postal_code=self.postal_code,
            country=self.country,
        )


class WholeAddressSchema(AddressSchema):
    """A complete address in a merge patch.

    Every part of the address is required. If a part were missing, the former value of this part would be kept.
    """

    model_config = ConfigDict(title="WholeAddress")

    line2: Annotated[str, text_of(ADDRESS_LINE)] | None = Field(
        description="A further line, such as a floor or a department; null if the address has none."
    )
    region: Annotated[str, text_of(REGION)] | None = Field(
        description="The state, province or county; null if the address has none."
    )
    postal_code: Annotated[str, text_of(POSTAL_CODE)] | None = Field(
        description="The postal code; null if the address has none."
    )
