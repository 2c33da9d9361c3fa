"""Welsh words for a sample: names, places, and sentences as people write them, with the letters that get lost on the way."""

WOMEN = ("Siân", "Ffion", "Cerys", "Nia", "Angharad", "Llinos", "Mared", "Gwenllian", "Heledd", "Lowri", "Non", "Catrin", "Elin")
MEN = ("Siôn", "Llŷr", "Rhys", "Dafydd", "Gethin", "Tomos", "Iwan", "Huw", "Elis", "Gruffudd", "Ynyr", "Macsen", "Siâms", "Emyr")
FAMILIES = ("Jones", "Evans", "Llwyd", "ap Huw", "Prŷs", "Gwynne", "Môn", "Bowen", "Rhydderch", "Parri", "Ellis", "Wyn", "Morgan")
STREETS = (
    "Ffordd y Môr",
    "Heol y Dŵr",
    "Stryd y Tŵr",
    "Lôn Tŷ Gwyn",
    "Stryd Fawr",
    "Heol yr Orsaf",
    "Bryn Tŷ Mawr",
    "Ffordd y Gŵyl",
    "Lôn y Felin",
    "Maes yr Ŵyn",
    "Heol yr Eglwys",
    "Stryd y Bont",
)
TOWNS = ("Tŷ'n-y-groes", "Llandŵr", "Pen-y-bryn", "Abermôr", "Tre'r-ŷd", "Llanfair Gwŷdd", "Rhyd-y-dŵr", "Bryn-celyn")

SERVICES = {
    "crime": "Trosedd",
    "road-traffic": "Digwyddiad traffig ffyrdd",
    "anti-social-behaviour": "Ymddygiad gwrthgymdeithasol",
    "domestic-abuse": "Cam-drin domestig",
    "hate-crime": "Trosedd casineb",
    "sexual-offences": "Treisio ac ymosodiad rhywiol",
    "corruption": "Llwgrwobrwyo a llygredd",
    "sarahs-law": "Cyfraith Sarah",
    "clares-law": "Cyfraith Clare",
    "lost-property": "Eiddo coll",
    "missing-person": "Unigolyn ar goll",
    "complaint": "Cwyn",
    "fraud": "Twyll",
    "firearms-licensing": "Trwyddedu drylliau",
    "stop-and-search": "Adborth stopio a chwilio",
    "tell-us-about": "Dweud wrthym am rywbeth",
}
LABELS = {
    "reference": "Cyfeirnod",
    "submitted": "Cyflwynwyd",
    "name": "Enw",
    "anonymous": "Dienw",
    "contact": "Manylion cyswllt",
    "when": "Pryd",
    "where": "Ble",
    "what": "Beth ddigwyddodd",
    "vehicles": "Cerbydau",
    "property": "Eiddo",
}

OPENINGS = {
    "burglary": ("Torrodd rhywun ffenestr gefn y tŷ a dwyn gliniadur.", "Mae rhywun wedi torri i mewn i'r sied yn yr ardd."),
    "theft": ("Cafodd fy meic ei ddwyn o'r tu allan i'r orsaf.", "Cafodd fy mag ei ddwyn tra oeddwn yn siopa."),
    "vehicle": ("Torrodd rhywun i mewn i'r car a mynd â'm waled.", "Cafodd y fan ei dwyn o'r maes parcio dros nos."),
    "damage": ("Mae rhywun wedi chwistrellu paent ar wal y capel.", "Torrwyd drych y car yn fwriadol."),
    "violence": ("Gwthiodd dyn fi i'r llawr a rhedeg i ffwrdd.", "Cefais fy mygwth gan ddau ddyn y tu allan i'r dafarn."),
    "nuisance": ("Mae grŵp o bobl ifanc yn gweiddi ar bawb sy'n mynd heibio.", "Mae'r sŵn yn parhau tan oriau mân y bore bob nos Wener."),
    "traffic": ("Roedd y car yn gyrru'n beryglus ar y ffordd i'r môr.", "Bu bron i yrrwr lori fy nharo ar y gylchfan."),
    "abuse": ("Nid wyf yn teimlo'n ddiogel yn fy nghartref fy hun.", "Mae fy mhartner yn rheoli fy arian ac yn fy mygwth."),
    "hate": ("Cefais fy sarhau am siarad Cymraeg â'm plant ar y bws.", "Gwaeddodd rhywun bethau cas am fy nghrefydd."),
    "sexual": ("Hoffwn siarad â rhywun am ymosodiad.", "Digwyddodd hyn mewn parti, ac rwy'n gwybod pwy ydyw."),
    "corruption": ("Rwy'n credu bod swyddog yn derbyn arian am gontractau.",),
    "disclosure": ("Rwy'n pryderu am ddiogelwch fy ŵyr.", "Hoffwn wybod a oes gan y dyn hwn hanes o drais."),
    "lost": ("Collais fy ffôn ar y bws rhwng y dref a'r pentref.", "Des o hyd i gylch o allweddi wrth y tŵr."),
    "missing": ("Nid yw fy ŵyr wedi dod adref ers neithiwr.", "Gadawodd y tŷ am dro ac nid yw'n ateb ei ffôn."),
    "complaint": ("Rwy'n anhapus â'r ffordd y cefais fy nhrin.", "Ni ddaeth neb i'm gweld, er i mi ffonio deirgwaith."),
    "other": ("Mae gennyf wybodaeth a allai fod o gymorth i chi.", "Hoffwn i chi wybod am hyn."),
}
DETAILS = (
    "Digwyddodd tua chwarter wedi deg y nos.",
    "Doedd neb wedi'i anafu, ond roedd pawb wedi dychryn.",
    'Dywedodd, "Paid â dweud wrth neb," cyn gadael.',
    "Roedd yr ŵyl yn y dref, felly roedd y ffordd yn brysur iawn.",
    "Mae gennyf luniau teledu cylch cyfyng o'r digwyddiad.",
    "Gwelodd fy nghymydog y cyfan;\nmae hi'n fodlon siarad â chi.",
    "Hoffwn gael ateb yn Gymraeg, os gwelwch yn dda.",
    "Mae'r tŷ drws nesaf i'r siop & gyferbyn â'r orsaf.",
)
