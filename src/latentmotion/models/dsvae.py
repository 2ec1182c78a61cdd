"""stub"""


class Config:
    conditional: bool = True
    content: int = 256
    position: int = 6
